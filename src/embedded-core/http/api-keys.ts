import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { resolveSettings, type CoreConfig } from '../config.js'
import { CORE_API_KEY_REQUIRED, CORE_OPTION_INVALID } from '../errors.js'
import { refuse } from '../input/refusals.js'
import { sameSecret } from '../storage/digests.js'

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

/**
 * The keys that a Core accepts: the given ones, else those of the config, else a random one. None with `false`.
 *
 * @param host where it listens; without one nobody else can call it, and no key is made up
 * @throws CORE_API_KEY_REQUIRED for `false` on a host that is not a loopback address
 */
export function chooseApiKeys (given: string | string[] | false | undefined, config: CoreConfig, host: string | undefined): string[] {
  if (given === false) {
    if (host !== undefined && !LOOPBACK.test(host)) throw new CORE_API_KEY_REQUIRED(host)
    return []
  }
  const keys = given === undefined ? resolveSettings({ api_keys: config.api_keys ?? null }).apiKeys : [given].flat()
  if (!keys.every((key) => typeof key === 'string')) throw new CORE_OPTION_INVALID('apiKey', 'must be a string, a list of strings, or false')
  return keys.length > 0 || host === undefined ? keys : [randomBytes(32).toString('hex')]
}

/** Checks the `api-key` or `authorization` header. No keys means that none is needed. @throws a 401 refusal */
export function checkApiKey ({ headers }: Pick<FastifyRequest, 'headers'>, keys: string[]): void {
  if (keys.length === 0) return
  const given = headers['api-key'] ?? headers.authorization?.replace(/^bearer /i, '') ?? ''
  if (!keys.some((key) => sameSecret(key, String(given).trim()))) throw refuse(401, 'Invalid API key')
}
