/** The real Core's bulk-import format, checked as its BulkImportUserUtils does (`MFA`, account linking and tenants taken as licensed). */

interface Known { roles: string[], tenants: string[] }
type Fields = Record<string, unknown>

const is = {
  string: (value: unknown): boolean => typeof value === 'string' && value !== '',
  integer: (value: unknown): boolean => Number.isInteger(value),
  boolean: (value: unknown): boolean => typeof value === 'boolean',
  object: (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value),
  strings: (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(is.string),
  objects: (value: unknown): boolean => Array.isArray(value) && value.every(is.object)
}

type Rules = Record<string, [kind: keyof typeof is, required: boolean, atMost?: number]>

const USER: Rules = { externalUserId: ['string', false, 128], userMetadata: ['object', false], userRoles: ['objects', false], totpDevices: ['objects', false], loginMethods: ['objects', true] }
const ROLE: Rules = { role: ['string', true, 255], tenantIds: ['strings', true] }
const DEVICE: Rules = { secretKey: ['string', true, 256], period: ['integer', false], skew: ['integer', false], deviceName: ['string', false, 256] }
const METHOD: Rules = { recipeId: ['string', true], tenantIds: ['strings', false], isVerified: ['boolean', false], isPrimary: ['boolean', false], timeJoinedInMSSinceEpoch: ['integer', false] }
const ACCOUNT: Record<string, Rules> = {
  emailpassword: { email: ['string', true, 255], passwordHash: ['string', true, 256], hashingAlgorithm: ['string', true] },
  thirdparty: { email: ['string', true, 255], thirdPartyId: ['string', true, 28], thirdPartyUserId: ['string', true, 256] },
  passwordless: { email: ['string', false, 255], phoneNumber: ['string', false, 256] }
}
const HASHES: Record<string, RegExp> = { bcrypt: /^\$2[abxy]\$\d\d\$[./\w]{53}$/, argon2: /^\$argon2(id|i|d)\$/, firebase_scrypt: /^\$f_scrypt\$/ }

function check (fields: Fields, rules: Rules, where: string): string[] {
  const unknown = Object.keys(fields).filter((name) => !Object.hasOwn(rules, name)).map((name) => `${where}: ${name} is no field`)
  const wrong = Object.entries(rules).flatMap(([name, [kind, required, atMost = Infinity]]) => {
    if (!Object.hasOwn(fields, name)) return required ? [`${where}: ${name} is missing`] : []
    if (!is[kind](fields[name])) return [`${where}: ${name} is no ${kind}`]
    return kind === 'string' && String(fields[name]).length > atMost ? [`${where}: ${name} is too long`] : []
  })
  return [...unknown, ...wrong]
}

/** Everything that the real Core would refuse in these users, as one batch. */
export function formatProblems (users: Fields[], known: Known): string[] {
  const ids = new Set<unknown>()
  return users.flatMap((user, index) => {
    const problems = check(user, USER, `user ${index}`)
    if (user.externalUserId !== undefined && ids.size === ids.add(user.externalUserId).size) problems.push(`user ${index}: externalUserId is not unique`)
    const methods = (user.loginMethods ?? []) as Fields[]
    const tenants = new Set<unknown>(['public'])
    if (methods.length === 0) problems.push(`user ${index}: no loginMethods`)
    if (methods.filter((method) => method.isPrimary === true).length > 1) problems.push(`user ${index}: two primary methods`)
    for (const method of methods) {
      const where = `user ${index}, ${String(method.recipeId)}`
      const account = ACCOUNT[String(method.recipeId)]
      if (account === undefined) problems.push(`${where}: no recipe`)
      problems.push(...check(method, { ...METHOD, ...account }, where))
      for (const tenant of (method.tenantIds ?? ['public']) as string[]) {
        tenants.add(tenant)
        if (!known.tenants.includes(tenant)) problems.push(`${where}: no tenant ${tenant}`)
      }
      if (method.recipeId === 'passwordless' && method.email === undefined && method.phoneNumber === undefined) problems.push(`${where}: neither email nor phone`)
      if (method.phoneNumber !== undefined && !/^\+[1-9]\d{6,14}$/.test(String(method.phoneNumber))) problems.push(`${where}: phone is not in E.164`)
      if (method.recipeId === 'emailpassword' && HASHES[String(method.hashingAlgorithm)]?.test(String(method.passwordHash)) !== true) problems.push(`${where}: hash and algorithm do not fit`)
      if (Number(method.timeJoinedInMSSinceEpoch ?? 0) > Date.now() || Number(method.timeJoinedInMSSinceEpoch ?? 0) < 0) problems.push(`${where}: joined in the future or before all time`)
    }
    for (const role of (user.userRoles ?? []) as Fields[]) {
      problems.push(...check(role, ROLE, `user ${index}, role`))
      if (!known.roles.includes(String(role.role))) problems.push(`user ${index}: no role ${String(role.role)}`)
      for (const tenant of (role.tenantIds ?? []) as string[]) if (!tenants.has(tenant)) problems.push(`user ${index}: role in tenant ${tenant}, where the user is not`)
    }
    for (const device of (user.totpDevices ?? []) as Fields[]) {
      problems.push(...check(device, DEVICE, `user ${index}, device`))
      if (Number(device.period ?? 30) < 1 || Number(device.skew ?? 1) < 0) problems.push(`user ${index}: period or skew`)
    }
    return problems
  })
}
