import { createCoreClient, type Core } from '../account/core-client.js'
import { addressesIn } from '../core-addresses.js'
import { coreFetch } from '../core-fetch.js'
import type { EmbeddedCoreConnectionOptions } from '../options/connections.js'
import type { Fastify2faOptions } from '../options/options.js'
import { failure } from './command.js'

const PATIENCE_MS = 5000

/** A Core that is called directly, without the service or the SDK. */
interface CoreAddress {
  connectionURI: string
  apiKey?: string | undefined
}

async function answers ({ connectionURI }: CoreAddress): Promise<boolean> {
  return await coreFetch(`${connectionURI}/hello`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(({ ok }) => ok, () => false)
}

/** In words for the person at the terminal. */
function explained (err: unknown): unknown {
  if (!(err instanceof Error && 'code' in err)) return err
  if (err.code === 'AUTH_CORE_UNAVAILABLE') return failure('The Core does not answer. Check its address, and whether it is running.', 1)
  if (err.code === 'CORE_REFUSED') return failure('status' in err && err.status === 401 ? 'The Core answers 401: the key is wrong. Check SUPERTOKENS_API_KEY or EMBEDDED_CORE_API_KEY.' : err.message, 1)
  return err
}

async function workAt<Result> ({ connectionURI, apiKey }: CoreAddress, work: (core: Core) => Promise<Result>): Promise<Result> {
  try {
    return await work(createCoreClient({ addresses: addressesIn(connectionURI), apiKey, fetch: coreFetch }))
  } catch (err) {
    throw explained(err)
  }
}

/**
 * Uses the embedded Core of a running service if it has a fixed port. Otherwise opens its file, which only one process
 * can own.
 */
async function withEmbedded<Result> ({ file = ':memory:', port = 0, apiKey, secretKey, config = {} }: EmbeddedCoreConnectionOptions, work: (core: Core) => Promise<Result>): Promise<Result> {
  const running = { connectionURI: `http://127.0.0.1:${port}`, apiKey }
  if (port !== 0 && await answers(running)) return await workAt(running, work)
  if (file === ':memory:') throw failure('The Core is in the memory of the service, where this command cannot reach it. Start the service with EMBEDDED_CORE_PORT and EMBEDDED_CORE_API_KEY to make it reachable.', 1)
  const { createEmbeddedCore } = await import('../embedded-core/index.js')
  let own
  try {
    own = await createEmbeddedCore({ file, port: false, config, ...(secretKey !== undefined && { secretKey }) })
  } catch (error) {
    if ((error as { code?: string }).code !== 'CORE_FILE_IN_USE') throw error
    throw failure(`The service is running and owns ${file}. Stop it, or restart it with EMBEDDED_CORE_PORT and EMBEDDED_CORE_API_KEY so that its Core can be reached.`, 1)
  }
  try {
    return await workAt(own, work)
  } finally {
    await own.close()
  }
}

/** Works with the Core of the service, which may keep running. */
export async function withCore<Result> (core: Fastify2faOptions['core'], work: (core: Core) => Promise<Result>): Promise<Result> {
  if (core !== undefined && 'connectionURI' in core) return await workAt(core, work)
  return await withEmbedded(core?.embedded ?? {}, work)
}
