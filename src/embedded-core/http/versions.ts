import { isObject } from './input.js'
import { badRequest } from './refusals.js'

/** The versions of the protocol spoken here, oldest first. Up to 5.0 tenants were configured in another way. */
export const VERSIONS = ['5.1', '5.2', '5.3', '5.4']
const NEWEST = '5.4'
const FIRST_WITH_PASSKEYS = '5.3'

function isOlder (version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}

/** Without a version the newest is meant. What says nothing of users or sessions also takes older ones than are spoken. */
export function checkVersion (version: string = NEWEST, takesOlder: boolean): void {
  if (VERSIONS.includes(version) || (takesOlder && isOlder(version, NEWEST))) return
  throw badRequest(`cdi-version ${version} not supported`)
}

/** Users had no passkeys in the older versions, and said nothing of them. */
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
