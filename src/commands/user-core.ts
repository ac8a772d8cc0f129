import { AGENDA_USER, eventsToPublish } from '../account/agenda.js'
import { createCoreClient, type Core } from '../account/core-client.js'
import { eventOfCore } from '../audit/core-events.js'
import { addressesIn } from '../core-addresses.js'
import { coreFetch, type CoreFetch } from '../core-fetch.js'
import type { CoreEvent } from '../embedded-core/index.js'
import { checkDirectory, socketPathFor, statOf } from '../embedded-core/socket-path.js'
import type { EmbeddedCoreConnectionOptions } from '../options/connections.js'
import type { Fastify2faOptions } from '../options/options.js'
import { fetchBySocket } from '../socket-fetch.js'
import { failure } from './command.js'

const PATIENCE_MS = 5000

/** A Core that is called directly, without the service or the SDK. */
interface CoreAddress {
  connectionURI: string
  apiKey?: string | undefined
  /** @default in this process, or over the network */
  fetch?: CoreFetch
}

/** Any origin: a socket has none. */
const BY_SOCKET = 'http://localhost'

async function answers ({ connectionURI, fetch = coreFetch }: CoreAddress): Promise<boolean> {
  return await fetch(`${connectionURI}/hello`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(({ ok }) => ok, () => false)
}

/** In words for the person at the terminal. */
function explained (err: unknown): unknown {
  if (!(err instanceof Error && 'code' in err)) return err
  if (err.code === 'AUTH_CORE_UNAVAILABLE') return failure('The Core does not answer. Check its address, and whether it is running.', 1)
  if (err.code === 'CORE_REFUSED') return failure('status' in err && err.status === 401 ? 'The Core answers 401: the key is wrong. Check SUPERTOKENS_API_KEY or EMBEDDED_CORE_API_KEY.' : err.message, 1)
  return err
}

async function workAt<Result> ({ connectionURI, apiKey, fetch = coreFetch }: CoreAddress, work: (core: Core) => Promise<Result>): Promise<Result> {
  try {
    return await work(createCoreClient({ addresses: addressesIn(connectionURI), apiKey, fetch }))
  } catch (err) {
    throw explained(err)
  }
}

/** The socket of a running service; undefined if there is none. What others may have put in its place is never asked. */
async function runningAt ({ file = ':memory:', socket = false }: EmbeddedCoreConnectionOptions): Promise<{ running?: CoreAddress, problem?: string }> {
  try {
    const path = socketPathFor(socket, file)
    if (path === undefined || !checkDirectory(path, { create: false }) || statOf(path)?.isSocket() !== true) return {}
    const running = { connectionURI: BY_SOCKET, fetch: fetchBySocket(path) }
    return await answers(running) ? { running } : {}
  } catch (error) {
    if ((error as { code?: string }).code !== 'CORE_SOCKET_UNUSABLE') throw error
    return { problem: (error as Error).message }
  }
}

/**
 * Uses the embedded Core of a running service by its socket, or by its port if it has a fixed one. Otherwise opens its file,
 * which only one process can own.
 */
async function withEmbedded<Result> (options: EmbeddedCoreConnectionOptions, work: (core: Core) => Promise<Result>): Promise<Result> {
  const { file = ':memory:', port = 0, apiKey, secretKey, config = {} } = options
  const { running, problem } = await runningAt(options)
  if (running !== undefined) return await workAt(running, work)
  const byPort = { connectionURI: `http://127.0.0.1:${port}`, apiKey }
  if (port !== 0 && await answers(byPort)) return await workAt(byPort, work)
  const why = problem === undefined ? '' : ` ${problem}.`
  if (file === ':memory:') throw failure(`The Core is in the memory of the service, where this command cannot reach it.${why} Start the service with EMBEDDED_CORE_SOCKET to make it reachable.`, 1)
  const { createEmbeddedCore } = await import('../embedded-core/index.js')
  const happened: CoreEvent[] = []
  let own
  try {
    own = await createEmbeddedCore({ file, port: false, config, ...(secretKey !== undefined && { secretKey }), onEvent: (event) => { happened.push(event) } })
  } catch (error) {
    if ((error as { code?: string }).code !== 'CORE_FILE_IN_USE') throw error
    throw failure(`The service is running and owns ${file}, and its socket cannot be used.${why} Run this as the user of the service and with its settings, or set EMBEDDED_CORE_SOCKET.`, 1)
  }
  try {
    return await workAt(own, async (core) => {
      // This command is what has brought the file up to a newer schema. The service publishes that when it runs.
      if (happened.length > 0) await core.update(AGENDA_USER, eventsToPublish(happened.map(eventOfCore)))
      return await work(core)
    })
  } finally {
    await own.close()
  }
}

/** Works with the Core of the service, which may keep running. */
export async function withCore<Result> (core: Fastify2faOptions['core'], work: (core: Core) => Promise<Result>): Promise<Result> {
  if (core !== undefined && 'connectionURI' in core) return await workAt(core, work)
  return await withEmbedded(core?.embedded ?? {}, work)
}
