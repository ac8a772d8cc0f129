import { memberOf } from '../members.js'
import { joinPaths, isPlainPath } from '../options/auth-path.js'
import { digestOf } from '../service-clients/key-ring.js'
import { isClientId, isClientSecret, SHORTEST_SECRET, type ServiceClient } from '../service-clients/options.js'
import { ADMIN_ROLES, isAdminRole, type AdminRole } from './roles.js'

/** A key of the admin API. Its name is in the audit as the actor. */
export interface AdminKey {
  /** 1 to 64 letters, digits, `-`, `_` and `.`. */
  name: string
  role: AdminRole
  /**
   * Each of at least 32 visible ASCII characters, ten of them different; or `sha256:` and the SHA-256 of one in hex.
   * Several while one is being replaced: any of them will do.
   */
  secrets: readonly string[]
}

/** A client certificate of the admin API. The connection has to be of a server of this app that verifies them. */
export interface AdminCertificate {
  /** As of {@link AdminKey}. */
  name: string
  role: AdminRole
  /** SHA-256 of the certificate in hex, with or without colons: `openssl x509 -noout -fingerprint -sha256`. */
  fingerprint: string
}

/** Roles of UserRoles that open the admin page. */
export interface AdminPageRoles {
  /** @default none */
  reader?: string
  /** @default none */
  helpdesk?: string
  /** @default none */
  admin?: string
}

/** Administration of accounts over HTTP (`docs/admin.md`). */
export interface AdminOptions {
  /** Keys of the API. @default [] */
  keys?: AdminKey[]
  /** Client certificates of the API. @default [] */
  certificates?: AdminCertificate[]
  /** Path of the API. @default '/admin/v1' */
  path?: string
  /**
   * Whether the API answers only where `listenForAdmin` listens.
   * @default false
   */
  ownListener?: boolean
  /** Whether the hosted pages have one for administration, and for which roles. `true` for `{ admin: 'admin' }`. @default false */
  page?: AdminPageRoles | boolean
}

/** All of them with their defaults. */
export interface ResolvedAdmin {
  keys: AdminKey[]
  certificates: AdminCertificate[]
  path: string
  ownListener: boolean
  page: AdminPageRoles | undefined
}

/** A rotation needs two. */
const MOST_SECRETS = 10
/** Each call is compared with all of them. */
const MOST_CALLERS = 100

const HASH = /^sha256:[0-9a-f]{64}$/i
const FINGERPRINT = /^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i

export const isFingerprint = (value: unknown): value is string => typeof value === 'string' && FINGERPRINT.test(value)

/** What begins like a hash and is none is misspelt, and no key. */
export const isAdminSecret = (value: unknown): value is string => typeof value === 'string' && (/^sha256:/i.test(value) ? HASH.test(value) : isClientSecret(value))

/** SHA-256 of a secret, which may be given as it is or as this. */
export const adminDigest = (secret: string): Buffer => HASH.test(secret) ? Buffer.from(secret.slice('sha256:'.length), 'hex') : digestOf(secret)

/** As Node writes it. */
export const fingerprintOf = (text: string): string => text.replaceAll(':', '').toUpperCase().replace(/..(?=.)/g, '$&:')

const KNOWN = ['keys', 'certificates', 'path', 'ownListener', 'page']

const isRoleName = (value: unknown): boolean => typeof value === 'string' && /^[^\p{Cc}]{1,128}$/u.test(value)

function callerProblems (place: string, caller: unknown): string[] {
  return [
    !isClientId(memberOf(caller, 'name')) && `${place}.name must be 1 to 64 letters, digits, dots, - and _`,
    // A misspelt role must not become any other one.
    !isAdminRole(memberOf(caller, 'role')) && `${place}.role must be one of ${ADMIN_ROLES.join(', ')}`
  ].filter((problem) => problem !== false)
}

function keyProblems (key: unknown, i: number): string[] {
  const secrets = memberOf(key, 'secrets')
  const areSecrets = Array.isArray(secrets) && secrets.length > 0 && secrets.length <= MOST_SECRETS && secrets.every(isAdminSecret)
  return [
    ...callerProblems(`admin.keys[${i}]`, key),
    ...(areSecrets ? [] : [`admin.keys[${i}].secrets must be a list of 1 to ${MOST_SECRETS} secrets, each of at least ${SHORTEST_SECRET} visible ASCII characters, ten of them different, or sha256: and 64 hex digits`])
  ]
}

function certificateProblems (certificate: unknown, i: number): string[] {
  return [...callerProblems(`admin.certificates[${i}]`, certificate), ...(isFingerprint(memberOf(certificate, 'fingerprint')) ? [] : [`admin.certificates[${i}].fingerprint must be the SHA-256 of a certificate in hex`])]
}

function pageProblems (page: unknown): string[] {
  if (page === undefined || typeof page === 'boolean') return []
  if (typeof page !== 'object' || page === null) return ['admin.page must be true, or an object of roles']
  const names = Object.values(page).filter((name) => name !== undefined)
  return [
    ...Object.keys(page).filter((role) => !isAdminRole(role)).map((role) => `admin.page.${role} must be one of ${ADMIN_ROLES.join(', ')}`),
    ...(names.length > 0 && names.every(isRoleName) ? [] : ['admin.page must name roles of UserRoles']),
    // The higher one would be given to whoever should have the lower one.
    ...(new Set(names).size < names.length ? ['admin.page names a role twice'] : [])
  ]
}

const isTwice = (values: readonly string[]): boolean => new Set(values).size < values.length

/** What is wrong with `admin`, by places in its lists: neither names nor secrets are quoted. */
export function adminProblems (options: AdminOptions | undefined, { serviceClients, hasPages }: { serviceClients: readonly ServiceClient[] | undefined, hasPages: boolean }): string[] {
  if (options === undefined) return []
  if (typeof options !== 'object' || options === null) return ['admin must be an object']
  const { keys = [], certificates = [], path, ownListener, page } = options
  if (!Array.isArray(keys) || !Array.isArray(certificates)) return ['admin.keys and admin.certificates must be lists']
  if (keys.length + certificates.length > MOST_CALLERS) return [`admin.keys and admin.certificates must be at most ${MOST_CALLERS}`]
  const problems = [
    ...Object.keys(options).filter((name) => !KNOWN.includes(name)).map((name) => `admin.${name} is not an option`),
    ...keys.flatMap(keyProblems),
    ...certificates.flatMap(certificateProblems),
    ...pageProblems(page),
    ...(path !== undefined && !(isPlainPath(path) && joinPaths(path) !== '') ? ['admin.path must be a path such as /admin/v1'] : []),
    ...(ownListener !== undefined && typeof ownListener !== 'boolean' ? ['admin.ownListener must be true or false'] : []),
    ...(page !== undefined && page !== false && !hasPages ? ['admin.page needs hostedPages'] : [])
  ]
  if (problems.length > 0) return problems
  // Whoever reads the audit could not say which of them it was.
  if (isTwice([...keys, ...certificates].map(({ name }) => name))) problems.push('admin names a caller twice: give a key several secrets instead')
  if (isTwice(keys.flatMap(({ secrets }) => secrets.map((secret) => adminDigest(secret).toString('hex'))))) problems.push('admin.keys has a secret twice')
  if (isTwice(certificates.map(({ fingerprint }) => fingerprintOf(fingerprint)))) problems.push('admin.certificates has a certificate twice')
  const others = Array.isArray(serviceClients) ? serviceClients.flatMap((client) => memberOf(client, 'secrets') ?? []).filter((secret) => typeof secret === 'string') : []
  if (isTwice([...keys.flatMap(({ secrets }) => secrets), ...new Set(others)].map((secret) => adminDigest(secret).toString('hex')))) problems.push('admin.keys has the secret of a service client')
  return problems
}

/** @returns `undefined` where nothing of it is on */
export function resolveAdmin ({ keys = [], certificates = [], path = '/admin/v1', ownListener = false, page = false }: AdminOptions = {}): ResolvedAdmin | undefined {
  if (keys.length + certificates.length === 0 && page === false) return undefined
  return { keys, certificates, path: joinPaths(path), ownListener, page: page === false ? undefined : page === true ? { admin: 'admin' } : page }
}
