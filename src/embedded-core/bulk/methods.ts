import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../input/json.js'
import { trim } from '../input/trim.js'
import { hashProblem, isHashAlgorithm } from '../passwords/hashes.js'
import { PUBLIC, type App } from '../tenants/apps.js'
import type { RecipeId } from '../users/accounts.js'
import { normaliseEmail, normalisePhone } from '../users/normalise.js'
import { reader } from './fields.js'

export interface BulkMethod {
  superTokensUserId: string
  recipeId: RecipeId
  tenantIds: string[]
  isVerified: boolean
  isPrimary: boolean
  timeJoinedInMSSinceEpoch: number
  email?: string
  phoneNumber?: string
  passwordHash?: string
  hashingAlgorithm?: string
  plainTextPassword?: string
  thirdPartyId?: string
  thirdPartyUserId?: string
}

const WHERE: Record<RecipeId, string> = {
  emailpassword: ' for an emailpassword recipe.',
  thirdparty: ' for a thirdparty recipe.',
  passwordless: ' for a passwordless recipe.'
}

/** The given tenants that exist; the public tenant if none is given. Adds an error for each unknown one. */
export function knownTenants (app: App, tenantIds: string[] | undefined, where: string, errors: string[]): string[] {
  return (tenantIds ?? [PUBLIC]).flatMap((given) => {
    const tenantId = trim(given).toLowerCase()
    if (app.tenants.has(tenantId)) return tenantId
    errors.push(`Invalid tenantId: ${given}${where}`)
    return []
  })
}

function isRecipe (name: string | undefined): name is RecipeId {
  return name !== undefined && Object.hasOwn(WHERE, name)
}

export function readMethod (app: App, source: JsonObject, errors: string[]): BulkMethod | undefined {
  const { optional, required } = reader(source, ' for a loginMethod.', errors)
  const recipeId = required('recipeId', 'string')
  const tenants = optional('tenantIds', 'array of string')
  const isVerified = optional('isVerified', 'boolean') ?? false
  const isPrimary = optional('isPrimary', 'boolean') ?? false
  const time = optional('timeJoinedInMSSinceEpoch', 'integer', ' for a loginMethod') ?? app.now()
  if (recipeId !== undefined && !isRecipe(recipeId)) errors.push('Invalid recipeId for loginMethod. Pass one of emailpassword, thirdparty or, passwordless!')
  const tenantIds = knownTenants(app, tenants, ` for ${recipeId} recipe.`, errors)
  if (time > app.now()) errors.push('timeJoined cannot be in future for a loginMethod.')
  if (time < 0) errors.push('timeJoined cannot be < 0 for a loginMethod.')
  if (!isRecipe(recipeId)) return undefined
  const timeJoinedInMSSinceEpoch = Math.trunc(time)
  return { superTokensUserId: randomUUID(), recipeId, tenantIds, isVerified, isPrimary, timeJoinedInMSSinceEpoch, ...ACCOUNTS[recipeId](app, source, errors) }
}

type Account = Partial<BulkMethod>
const emailOf = (email: string | undefined): Account => email === undefined ? {} : { email: normaliseEmail(email) }

const ACCOUNTS: Record<RecipeId, (app: App, source: JsonObject, errors: string[]) => Account> = {
  emailpassword (app, source, errors) {
    const { optional, required, atMost } = reader(source, WHERE.emailpassword, errors)
    const email = required('email', 'string')
    const passwordHash = optional('passwordHash', 'string')?.trim()
    const hashingAlgorithm = optional('hashingAlgorithm', 'string')?.trim().toUpperCase()
    const plainTextPassword = optional('plainTextPassword', 'string')
    if (plainTextPassword === undefined && (passwordHash === undefined || hashingAlgorithm === undefined)) {
      errors.push('Either (passwordHash, hashingAlgorithm) or plainTextPassword is required for an emailpassword recipe.')
    }
    atMost(255, email, 'email', 256)
    if (hashingAlgorithm !== undefined && !isHashAlgorithm(hashingAlgorithm)) {
      errors.push('Invalid hashingAlgorithm for emailpassword recipe. Pass one of bcrypt, argon2 or, firebase_scrypt!')
    } else if (hashingAlgorithm !== undefined && passwordHash !== undefined) {
      if (passwordHash.length > 256) errors.push('passwordHash is too long. Max length is 256.')
      const problem = hashProblem(passwordHash, hashingAlgorithm, app.settings(PUBLIC))
      if (problem !== undefined) errors.push(problem)
    }
    return {
      ...emailOf(email),
      ...(passwordHash !== undefined && { passwordHash }),
      ...(hashingAlgorithm !== undefined && { hashingAlgorithm }),
      ...(plainTextPassword !== undefined && { plainTextPassword })
    }
  },
  thirdparty (_app, source, errors) {
    const { required, atMost } = reader(source, WHERE.thirdparty, errors)
    const [email, thirdPartyId, thirdPartyUserId] = [required('email', 'string'), required('thirdPartyId', 'string'), required('thirdPartyUserId', 'string')]
    atMost(255, email, 'email', 256)
    atMost(28, thirdPartyId, 'thirdPartyId')
    atMost(256, thirdPartyUserId, 'thirdPartyUserId')
    return { ...emailOf(email), thirdPartyId: thirdPartyId ?? '', thirdPartyUserId: thirdPartyUserId ?? '' }
  },
  passwordless (_app, source, errors) {
    const { optional, atMost } = reader(source, WHERE.passwordless, errors)
    const [email, phone] = [optional('email', 'string'), optional('phoneNumber', 'string')]
    atMost(255, email, 'email', 256)
    atMost(256, phone, 'phoneNumber')
    if (email === undefined && phone === undefined) errors.push('Either email or phoneNumber is required for a passwordless recipe.')
    return { ...emailOf(email), ...(phone !== undefined && { phoneNumber: normalisePhone(phone) }) }
  }
}
