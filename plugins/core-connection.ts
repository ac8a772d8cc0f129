import { randomBytes } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { CORE_CONNECTION } from './names.js'
import { addressesIn } from '../src/core-addresses.js'
import { coreFetch, type CoreFetch } from '../src/core-fetch.js'
import { serverlessPlatform } from '../src/options/node-env.js'
import { resolveOptions } from '../src/options/resolve.js'
import { dropIdleConnections } from '../src/supertokens/core-http.js'
import { share } from '../src/two-factor.js'

export type CoreConnectionOptions = Pick<Fastify2faOptions, 'appInfo' | 'core' | 'production' | 'embeddedCoreInProduction'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    core: {
      /**
       * One base URL or several, separated by `;`. That of an embedded Core without a port is a name that only `fetch`
       * below understands.
       */
      readonly connectionURI: string
      /** The same as a list, without trailing slashes. */
      readonly addresses: readonly string[]
      readonly apiKey: string | undefined
      /** Keys the hashes of what replicas share: the API key. Random if an embedded Core has none. */
      readonly secret: string
      /** Whether the Core lives in this process. */
      readonly embedded: boolean
      /** Calls the Core by URLs that begin with one of `addresses`: directly in this process, else over the network. */
      readonly fetch: CoreFetch
      /** Whether at least one Core answers. Never throws. */
      isReachable (): Promise<boolean>
      /**
       * Closes connections to a Core elsewhere that are not in use. Serverless platforms freeze a process after an answer,
       * and connections are dead when it goes on: call it before the process is frozen.
       */
      dropIdleConnections (): void
    }
  }
}

const REACHABLE_TIMEOUT_MS = 2000

async function answers (address: string): Promise<boolean> {
  try {
    const response = await coreFetch(`${address}/hello`, { signal: AbortSignal.timeout(REACHABLE_TIMEOUT_MS) })
    return response.ok
  } catch {
    return false
  }
}

/**
 * Connects to the Core that keeps accounts and sessions: a SuperTokens Core by URI, or an embedded one. No other plugin
 * knows which.
 */
async function coreConnection (app: FastifyInstance, options: CoreConnectionOptions): Promise<void> {
  const { core } = resolveOptions(options, ['core'])
  let connectionURI: string
  let apiKey: string | undefined
  if ('embedded' in core) {
    const platform = serverlessPlatform()
    if (platform !== undefined) app.log.warn(`${platform} runs several copies of this process; each has an embedded Core with accounts of its own`)
    // Loads the database and password hashing, which an app with a remote Core does not need.
    const { createEmbeddedCore } = await import('../src/embedded-core/index.js')
    const embedded = await createEmbeddedCore({ ...core.embedded, port: core.embedded.port ?? false })
    // The host keeps the process alive once it listens. One whose boot fails, and who never closes it, lets it end.
    embedded.unref()
    if (embedded.socketProblem !== undefined) app.log.warn(`commands cannot reach the Core while this runs: ${embedded.socketProblem}`)
    app.addHook('onClose', async () => { await embedded.close() })
    ;({ connectionURI, apiKey } = embedded)
  } else {
    ({ connectionURI, apiKey } = core)
  }
  const addresses = addressesIn(connectionURI)
  share(app, 'core', {
    connectionURI,
    addresses,
    apiKey,
    secret: apiKey ?? ('embedded' in core ? randomBytes(32).toString('base64url') : ''),
    embedded: 'embedded' in core,
    fetch: coreFetch,
    async isReachable () {
      return (await Promise.all(addresses.map(answers))).includes(true)
    },
    dropIdleConnections
  })
}

export default fp(coreConnection, { name: CORE_CONNECTION, fastify: '5.x' })
