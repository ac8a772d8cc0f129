import type { FastifyRequest } from 'fastify'
import { isObject } from '../input/json.js'
import { badRequest } from '../input/refusals.js'
import type { NewerSettings } from '../newer-settings.js'
import { VERSIONS } from '../versions.js'

const FIRST_WITH_PASSKEYS = '5.3'

export function versionOf ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return headers['cdi-version'] as string | undefined
}

function isOlder (version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}

/**
 * Routes whose replies hold no users or sessions (`takesOlder`) also take older versions than those spoken here.
 *
 * @throws a 400 refusal for any other version
 */
export function checkVersion (version: string | undefined, takesOlder: boolean, { oldestVersion, newestVersion }: NewerSettings): void {
  if (version === undefined) return
  const isSpoken = VERSIONS.includes(version) && !isOlder(newestVersion, version)
  if (!isSpoken && !(takesOlder && isOlder(version, newestVersion))) throw badRequest(`cdi-version ${version} not supported`)
  if (oldestVersion !== undefined && isOlder(version, oldestVersion)) {
    throw badRequest(`cdi-version ${version} is lower than the minimum allowed version ${oldestVersion}`)
  }
}

/** The reply in the form of a version: before 5.3, users have no `webauthn`. Without one, the newest is assumed. */
export function inVersion (result: { user?: object, users?: unknown[] }, version: string): object {
  if (!isOlder(version, FIRST_WITH_PASSKEYS)) return result
  return {
    ...result,
    ...(result.user !== undefined && { user: withoutPasskeys(result.user) }),
    ...(result.users !== undefined && { users: result.users.map(withoutPasskeys) })
  }
}

function withoutPasskeys (user: unknown): unknown {
  return isObject(user) ? Object.fromEntries(Object.entries(user).filter(([name]) => name !== 'webauthn')) : user
}
