import type { Core, CoreUser } from '../../account/core-client.js'
import { memberOf } from '../../members.js'
import { maskPhoneNumber, toE164 } from '../../phone/number.js'
import { storedForms } from '../../phone/two-ways.js'
import { FACTOR_RECORDS, isEnrolledIn } from '../../second-factor/factors/removal.js'
import { PHONE_RECORD } from '../../second-factor/factors/sms/enrolled-phone.js'
import { isPlaceholder } from '../../second-factor/factors/sms/placeholder.js'
import type { Metadata } from '../../second-factor/records.js'
import type { Finding, Problem } from './report.js'

const FIRST_FACTORS: readonly string[] = ['emailpassword', 'thirdparty', 'webauthn']

/** Whether a user signs in here, and is not the user of a phone. */
export const isAccount = ({ loginMethods }: CoreUser): boolean => loginMethods.some(({ recipeId }) => FIRST_FACTORS.includes(recipeId))

export const passwordOf = ({ loginMethods }: CoreUser): CoreUser['loginMethods'][number] | undefined => loginMethods.find(({ recipeId }) => recipeId === 'emailpassword')

/** The phones of a user, of which an account has some where logins are linked. */
export const phonesOf = ({ loginMethods }: CoreUser): string[] => loginMethods.flatMap(({ recipeId, phoneNumber }) => recipeId === 'passwordless' && phoneNumber !== undefined ? [phoneNumber] : [])

/** The required factors of SuperTokens' MFA recipe; none where the metadata has none. */
export function requiredFactorsIn (metadata: Metadata): string[] {
  const required: unknown = memberOf(metadata._supertokens, 'requiredSecondaryFactors')
  return Array.isArray(required) ? required.filter((one) => typeof one === 'string') : []
}

/** An account as the Core has it. */
export interface Account {
  user: CoreUser
  metadata: Metadata
  /** The number that codes go to; undefined where there is none, or none that can be used. */
  number: string | undefined
  /** The user of the phone that the account points to; undefined with phone + password. */
  record: string | undefined
  /** Whether any second factor is enrolled, however broken. */
  isEnrolled: boolean
  findings: Finding[]
}

/** A number is masked: a list of accounts may go into a ticket. */
export function findingOf (problem: Problem, userId: string, { number, ...more }: { number?: string | undefined, others?: string[], detail?: string } = {}): Finding {
  return { userId, problem, ...(number !== undefined && { phone: maskPhoneNumber(number) }), ...more }
}

async function byRecord (core: Core, user: CoreUser, metadata: Metadata): Promise<Pick<Account, 'number' | 'record' | 'findings'>> {
  const record = metadata[PHONE_RECORD]
  if (record === undefined) return { number: undefined, record: undefined, findings: [] }
  if (typeof record !== 'string') return { number: undefined, record: undefined, findings: [findingOf('record-invalid', user.id)] }
  const holder = record === user.id ? user : await core.findUser(record)
  const number = holder && phonesOf(holder)[0]
  if (number === undefined) return { number, record, findings: [findingOf('phone-gone', user.id)] }
  return { number, record, findings: toE164(number) === undefined ? [findingOf('phone-unusable', user.id, { number })] : [] }
}

/** Phone + password: the number is the login. */
function byLogin (user: CoreUser): Pick<Account, 'number' | 'record' | 'findings'> {
  const login = passwordOf(user)?.email ?? ''
  const number = toE164(login)
  return { number, record: undefined, findings: number === undefined && !isPlaceholder(login) ? [findingOf('login-no-number', user.id)] : [] }
}

/** Whether a login is a number that nobody can type: what is typed is looked up in E.164. */
export const isMisspelt = (login: string, number: string): boolean => !storedForms(number).includes(login)

/** Reads everything about an account. Asks the Core once or twice. */
export async function readAccount (core: Core, user: CoreUser, byPhone: boolean): Promise<Account> {
  const metadata = await core.metadata(user.id)
  const phone = byPhone ? byLogin(user) : await byRecord(core, user, metadata)
  return { user, metadata, ...phone, isEnrolled: phone.number !== undefined || FACTOR_RECORDS.some((factor) => isEnrolledIn(metadata, factor)) }
}
