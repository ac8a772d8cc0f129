import { loadConfig } from '../config/load.js'
import { didYouMean } from '../config/near.js'
import { addressesIn } from '../core-addresses.js'
import { coreFetch } from '../core-fetch.js'
import { unlocked } from '../second-factor/failure-record.js'
import type { EmbeddedCoreConnectionOptions, Fastify2faOptions } from '../options/options.js'
import { type Command, failure, type Io } from './command.js'
import { environment } from './environment.js'

const PATIENCE_MS = 5000

/** A Core that is called directly, without the service or the SDK. */
interface CoreAddress {
  connectionURI: string
  apiKey?: string | undefined
}

type Json = Record<string, unknown>

async function ask ({ connectionURI, apiKey }: CoreAddress, method: string, path: string, body?: Json): Promise<Json> {
  for (const uri of addressesIn(connectionURI)) {
    let response
    try {
      response = await coreFetch(uri + path, {
        method,
        headers: { 'content-type': 'application/json; charset=utf-8', 'cdi-version': '5.4', ...(apiKey !== undefined && { 'api-key': apiKey }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS)
      })
    } catch {
      continue
    }
    if (!response.ok) throw failure(`The Core answers ${response.status}${response.status === 401 ? ': the key is wrong. Check SUPERTOKENS_API_KEY or EMBEDDED_CORE_API_KEY' : ''}.`, 1)
    return await response.json() as Json
  }
  throw failure('The Core does not answer. Check its address, and whether it is running.', 1)
}

async function unlock (core: CoreAddress, userId: string, io: Io): Promise<number> {
  const { status } = await ask(core, 'GET', `/user/id?${new URLSearchParams({ userId }).toString()}`)
  if (status !== 'OK') throw failure(`There is no user ${userId}. Check the id.`, 1)
  await ask(core, 'PUT', '/recipe/user/metadata', { userId, metadataUpdate: unlocked() })
  io.out(`The second factor of ${userId} is unlocked.\n`)
  return 0
}

async function answers ({ connectionURI }: CoreAddress): Promise<boolean> {
  return await coreFetch(`${connectionURI}/hello`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(({ ok }) => ok, () => false)
}

/**
 * Uses the embedded Core of a running service if it has a fixed port. Otherwise opens its file, which only one process
 * can own.
 */
async function withEmbedded<Result> ({ file = ':memory:', port = 0, apiKey, secretKey, config = {} }: EmbeddedCoreConnectionOptions, work: (core: CoreAddress) => Promise<Result>): Promise<Result> {
  const running = { connectionURI: `http://127.0.0.1:${port}`, apiKey }
  if (port !== 0 && await answers(running)) return await work(running)
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
    return await work(own)
  } finally {
    await own.close()
  }
}

async function withCore<Result> (core: Fastify2faOptions['core'], work: (core: CoreAddress) => Promise<Result>): Promise<Result> {
  if (core !== undefined && 'connectionURI' in core) return await work(core)
  return await withEmbedded(core?.embedded ?? {}, work)
}

export const user: Command = {
  usage: 'user unlock <userId>',
  about: 'Unlocks a second factor that was locked after too many wrong codes.',
  flags: {},
  details: () => 'Uses the settings of the service, which may keep running.\nVerify who is asking before you unlock: the codes were entered by someone who knows the password.\n',
  async run (_flags, [action = '', userId = '', ...more], io) {
    if (action !== 'unlock') throw failure(`Unknown action "${action}". Use user unlock <userId>.${didYouMean(action, ['unlock'])}`, 2)
    if (userId === '' || more.length > 0) throw failure('Name exactly one user: user unlock <userId>.', 2)
    return await withCore(loadConfig(environment(io)).options.core, (core) => unlock(core, userId, io))
  }
}
