import { fingerprintOf, isAdminSecret, isFingerprint, type AdminCertificate, type AdminKey, type AdminPageRoles } from '../admin-api/options.js'
import { ADMIN_ROLES, isAdminRole, type AdminRole } from '../admin-api/roles.js'
import { isClientId, SHORTEST_SECRET } from '../service-clients/options.js'
import { type Kind, list, type Parsed, wrong } from './kinds.js'
import { didYouMean } from './near.js'

interface Caller { name: string, role: AdminRole, rest: string }

/** `name:role:` and what makes the caller. Hints quote neither names nor secrets; a misspelt role is nobody's secret. */
const caller = (shape: string, check: (rest: string) => string | undefined): Kind<Caller> => ({
  shape,
  parse (text) {
    const [, name, role = '', rest = ''] = /^([^:]*):([^:]*):(.*)$/s.exec(text) ?? []
    if (!isClientId(name)) return wrong('Its name must be letters, digits, `-`, `_` and `.`.')
    if (!isAdminRole(role)) return wrong(`Its role must be one of ${ADMIN_ROLES.join(', ')}.${didYouMean(role, ADMIN_ROLES)}`)
    const problem = check(rest)
    return problem === undefined ? { value: { name, role, rest } } : wrong(problem)
  }
})

/** Keys of `ADMIN_KEYS`. */
export function adminKeys (): Kind<AdminKey[]> {
  const all = list(caller(
    `\`name:role:key\` with a key of ${SHORTEST_SECRET} or more visible ASCII characters without commas, ten of them different, or \`sha256:\` and 64 hex digits`,
    (rest) => isAdminSecret(rest) ? undefined : 'Its key is too short or too simple, or has spaces.'
  ))
  return {
    shape: all.shape,
    parse (text): Parsed<AdminKey[]> {
      const parsed = all.parse(text)
      if ('wrong' in parsed) return parsed
      const byName = new Map<string, { name: string, role: AdminRole, secrets: string[] }>()
      for (const { name, role, rest } of parsed.value) {
        const known = byName.get(name) ?? { name, role, secrets: [] }
        // Neither of the two roles must win by its place.
        if (known.role !== role) return wrong('A name is there with two roles.')
        byName.set(name, { ...known, secrets: [...known.secrets, rest] })
      }
      const secrets = parsed.value.map(({ rest }) => rest)
      return new Set(secrets).size < secrets.length ? wrong('A key is there twice.') : { value: [...byName.values()] }
    }
  }
}

/** Certificates of `ADMIN_CERTIFICATES`. */
export function adminCertificates (): Kind<AdminCertificate[]> {
  const all = list(caller('`name:role:fingerprint` with the SHA-256 of a certificate in hex', (rest) => isFingerprint(rest) ? undefined : 'Its fingerprint must have 64 hex digits.'))
  return {
    shape: all.shape,
    parse (text): Parsed<AdminCertificate[]> {
      const parsed = all.parse(text)
      return 'wrong' in parsed ? parsed : { value: parsed.value.map(({ name, role, rest }) => ({ name, role, fingerprint: fingerprintOf(rest) })) }
    }
  }
}

/** Roles of `ADMIN_PAGE_ROLES`. */
export function adminRoles (): Kind<AdminPageRoles> {
  const all = list<[AdminRole, string]>({
    shape: '`role:name` with a role of this service and the name of a role of people, such as `helpdesk:support`',
    parse (text) {
      const colon = text.indexOf(':')
      const [role, name] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1).trim()]
      if (!isAdminRole(role)) return wrong(`It must begin with one of ${ADMIN_ROLES.join(', ')}.${didYouMean(role, ADMIN_ROLES)}`)
      return name === '' || name.length > 128 ? wrong('The name is missing or too long.') : { value: [role, name] }
    }
  })
  return {
    shape: all.shape,
    parse (text): Parsed<AdminPageRoles> {
      const parsed = all.parse(text)
      if ('wrong' in parsed) return parsed
      const [roles, people] = [parsed.value.map(([role]) => role), parsed.value.map(([, name]) => name)]
      if (new Set(roles).size < roles.length || new Set(people).size < people.length) return wrong('A role is there twice.')
      return { value: Object.fromEntries(parsed.value) }
    }
  }
}
