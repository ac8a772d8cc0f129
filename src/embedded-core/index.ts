import { randomBytes } from 'node:crypto'
import { isIP, type AddressInfo } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { openApps } from './tenants/apps.js'
import { checkNames, resolveSettings, type CoreConfig } from './config.js'
import { CORE_API_KEY_REQUIRED, CORE_OPTION_INVALID } from './errors.js'
import { startHousekeeping } from './storage/housekeeping.js'
import { buildServer } from './http/server.js'
import { deriveKeys } from './storage/vault.js'

export type { ConfigValue, CoreConfig } from './config.js'
export { exportUsers } from './bulk/export.js'
export type { ExportedTenant, ExportHeader, ExportOptions, ExportSummary, ImportableMethod, ImportableUser } from './bulk/export.js'

export interface EmbeddedCoreOptions {
  /** Where the data live: a SQLite file, or memory. One process owns a file. @default ':memory:' */
  file?: string
  /** @default '127.0.0.1' */
  host?: string
  /** 0 takes a free one. @default 0 */
  port?: number
  /** What clients have to send; `false` for none, which only a loopback host may have. @default a random key */
  apiKey?: string | string[] | false
  /**
   * Encrypts signing keys, authenticator secrets and users that wait for an import in the file (AES-256-GCM), so that who steals it cannot make
   * tokens. At least 32 characters, for example of `openssl rand -hex 32`. Several, in a list or between commas, rotate: the first one
   * encrypts, the others still decrypt. A file that was once encrypted is refused without it.
   * @default none
   */
  secretKey?: string | string[]
  /** Settings by the real Core's own names, in every form it takes. @default {} */
  config?: CoreConfig
  /** The time in milliseconds: everything that expires or rotates goes by it. @default Date.now */
  now?: () => number
  /** @default false */
  logger?: FastifyBaseLogger | false
}

export interface EmbeddedCore {
  /** What supertokens-node takes as `supertokens.connectionURI`. */
  connectionURI: string
  /** What supertokens-node takes as `supertokens.apiKey`. */
  apiKey: string | undefined
  /** Lets requests finish, then gives up port and file. */
  close (): Promise<void>
}

/**
 * A SuperTokens Core inside this process, for supertokens-node as it is; resolves when it listens.
 *
 * @example
 * const core = await createEmbeddedCore({ file: './auth.db' })
 * supertokens.init({ supertokens: { connectionURI: core.connectionURI, apiKey: core.apiKey }, … })
 */
export async function createEmbeddedCore (options: EmbeddedCoreOptions = {}): Promise<EmbeddedCore> {
  const { file = ':memory:', host = '127.0.0.1', port = 0, config = {}, now = Date.now, logger = false } = options
  if (typeof file !== 'string' || file === '') throw new CORE_OPTION_INVALID('file', 'must be a path or \':memory:\'')
  if (typeof host !== 'string' || host === '') throw new CORE_OPTION_INVALID('host', 'must be a host name or address')
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new CORE_OPTION_INVALID('port', 'must be a port number, or 0 for a free one')
  if (typeof now !== 'function') throw new CORE_OPTION_INVALID('now', 'must be a function that gives the time in milliseconds')
  checkNames(config)
  const keys = apiKeys(options.apiKey, config, host)
  const base: CoreConfig = { ...config, api_keys: keys.length === 0 ? null : keys.join(',') }
  resolveSettings(base)
  const ring = deriveKeys(options.secretKey)

  const onError = (error: unknown) => { if (logger !== false) logger.error({ err: error }, 'the embedded Core failed in the background') }
  const apps = openApps({ file, config: base, ring, now, onError })
  const fastify = buildServer(apps, keys, logger)
  const housekeeping = startHousekeeping(apps, onError)
  fastify.addHook('onClose', async () => {
    housekeeping.stop()
    apps.close()
  })
  try {
    await fastify.listen({ host, port })
  } catch (error) {
    await fastify.close()
    throw error
  }
  const { port: actualPort } = fastify.server.address() as AddressInfo
  return {
    connectionURI: `http://${isIP(host) === 6 ? `[${host}]` : host}:${actualPort}`,
    apiKey: keys[0],
    close: () => fastify.close()
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

function apiKeys (given: EmbeddedCoreOptions['apiKey'], config: CoreConfig, host: string): string[] {
  if (given === false) {
    if (!LOOPBACK.test(host)) throw new CORE_API_KEY_REQUIRED(host)
    return []
  }
  const keys = given === undefined ? resolveSettings({ api_keys: config.api_keys ?? null }).apiKeys : [given].flat()
  if (!keys.every((key) => typeof key === 'string')) throw new CORE_OPTION_INVALID('apiKey', 'must be a text, a list of them, or false')
  return keys.length > 0 ? keys : [randomBytes(32).toString('hex')]
}
