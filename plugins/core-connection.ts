import { randomBytes } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { RemoteCoreOptions } from '../src/options/connections.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { publishAudit, type AuditInput } from '../src/audit/audit.js'
import { eventOfCore } from '../src/audit/core-events.js'
import type { BackupState, EmbeddedCore } from '../src/embedded-core/index.js'
import { CORE_CONNECTION } from './names.js'
import { addressesIn } from '../src/core-addresses.js'
import { coreFetch, type CoreFetch } from '../src/core-fetch.js'
import type { Hashing } from '../src/embedded-core/index.js'
import { serverlessPlatform } from '../src/options/node-env.js'
import { onReload } from '../src/reload/reloads.js'
import { resolveOptions } from '../src/options/resolve.js'
import { stateOf } from '../src/supertokens/core-outage.js'
import { dropIdleConnections } from '../src/supertokens/core-http.js'
import { traceHashes } from '../src/tracing/hashes.js'
import { traceCoreCalls } from '../src/tracing/core-calls.js'
import { watched } from '../src/supertokens/core-watch.js'
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
      /** Read it for each call: it changes with a reload. */
      readonly apiKey: string | undefined
      /** Keys the hashes of what replicas share: the API key. Random if an embedded Core has none. */
      readonly secret: string
      /** Whether the Core lives in this process. */
      readonly embedded: boolean
      /** Calls the Core by URLs that begin with one of `addresses`: directly in this process, else over the network. */
      readonly fetch: CoreFetch
      /** How the backups of an embedded Core are doing; undefined where none are made. */
      backupState (): BackupState | undefined
      /** Passwords that wait for an embedded Core; undefined for a Core elsewhere. */
      readonly hashing: (() => Hashing) | undefined
      /**
       * Whether at least one Core `answers`, or `refuses` the API key, or is `silent`. That of this process may be
       * `unwritable`. Never throws.
       */
      state (): Promise<'answers' | 'refuses' | 'silent' | 'unwritable'>
      /**
       * Closes connections to a Core elsewhere that are not in use. Serverless platforms freeze a process after an answer,
       * and connections are dead when it goes on: call it before the process is frozen.
       */
      dropIdleConnections (): void
    }
  }
}

/** The sinks of the audit open after the Core, which may have something to tell by then. */
function publishOnceReady (app: FastifyInstance): (event: AuditInput) => void {
  let early: AuditInput[] | undefined = []
  app.addHook('onReady', async () => {
    for (const event of early ?? []) publishAudit(app, event)
    early = undefined
  })
  return (event) => { early === undefined ? publishAudit(app, event) : early.push(event) }
}

/**
 * Connects to the Core that keeps accounts and sessions: a SuperTokens Core by URI, or an embedded one. No other plugin
 * knows which.
 */
async function coreConnection (app: FastifyInstance, options: CoreConnectionOptions): Promise<void> {
  const { core } = resolveOptions(options, ['core'])
  let connectionURI: string
  let apiKey: string | undefined
  let isWritable = () => true
  let hashing: (() => Hashing) | undefined
  let backupState = (): BackupState | undefined => undefined
  let prepareBackupKey: EmbeddedCore['prepareBackupKey'] = () => undefined
  if ('embedded' in core) {
    const platform = serverlessPlatform()
    if (platform !== undefined) app.log.warn(`${platform} runs several copies of this process; each has an embedded Core with accounts of its own`)
    // Loads the database and password hashing, which an app with a remote Core does not need.
    const { createEmbeddedCore, hashed } = await import('../src/embedded-core/index.js')
    const publish = publishOnceReady(app)
    const embedded = await createEmbeddedCore({ ...core.embedded, port: core.embedded.port ?? false, onEvent: (event) => { publish(eventOfCore(event)) }, logger: app.log })
    traceHashes(hashed)
    // The host keeps the process alive once it listens. One whose boot fails, and who never closes it, lets it end.
    embedded.unref()
    if (embedded.socketProblem !== undefined) app.log.warn(`commands cannot reach the Core while this runs: ${embedded.socketProblem}`)
    app.addHook('onClose', async () => { await embedded.close() })
    ;({ connectionURI, apiKey, isWritable, hashing, backupState, prepareBackupKey } = embedded)
  } else {
    ({ connectionURI, apiKey } = core)
  }
  const addresses = addressesIn(connectionURI)
  const secret = apiKey ?? ('embedded' in core ? randomBytes(32).toString('base64url') : '')
  onReload(app, ({ core: next }) => {
    if (next !== undefined && 'embedded' in next) {
      const { key } = next.embedded.backups ?? {}
      return key === undefined ? undefined : prepareBackupKey(key)
    }
    if (next === undefined || !('connectionURI' in core)) return undefined
    const { core: resolved } = resolveOptions({ ...options, core: next }, ['core']) as { core: RemoteCoreOptions }
    return () => { apiKey = resolved.apiKey }
  })
  share(app, 'core', {
    connectionURI,
    addresses,
    get apiKey () { return apiKey },
    secret,
    embedded: 'embedded' in core,
    fetch: traceCoreCalls(watched(coreFetch)),
    hashing,
    backupState,
    async state () {
      const states = await Promise.all(addresses.map((address) => stateOf(address, apiKey)))
      if (states.includes('answers')) return isWritable() ? 'answers' : 'unwritable'
      return states.includes('refuses') ? 'refuses' : 'silent'
    },
    dropIdleConnections
  })
}

export default fp(coreConnection, { name: CORE_CONNECTION, fastify: '5.x' })
