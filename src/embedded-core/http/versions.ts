import type { FastifyRequest } from 'fastify'
import { isObject } from '../input/json.js'
import { badRequest } from '../input/refusals.js'

/** The CDI versions spoken here, oldest first. Versions up to 5.0 configure tenants in another way. */
export const VERSIONS = ['5.1', '5.2', '5.3', '5.4']
const NEWEST = '5.4'
const FIRST_WITH_PASSKEYS = '5.3'

export function versionOf ({ headers }: FastifyRequest): string | undefined {
  return headers['cdi-version'] as string | undefined
}

function isOlder (version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}

/**
 * Without a version, the newest is assumed. Routes whose replies hold no users or sessions (`takesOlder`) also take
 * older versions than those spoken here.
 *
 * @throws a 400 refusal for any other version
 */
export function checkVersion (version: string = NEWEST, takesOlder: boolean): void {
  if (VERSIONS.includes(version) || (takesOlder && isOlder(version, NEWEST))) return
  throw badRequest(`cdi-version ${version} not supported`)
}

/** The reply in the form of a version: before 5.3, users have no `webauthn`. */
export function inVersion (result: { user?: object, users?: unknown[] }, version: string = NEWEST): object {
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
