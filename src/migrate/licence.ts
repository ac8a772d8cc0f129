import type { ImportableUser } from '../embedded-core/index.js'
import { isPrimary, tenantsOf } from './claims.js'
import { bodyOf, type CoreClient } from './core-client.js'
import { readUsers } from './lines.js'

/** The features that a licence opens, or undefined for a Core that says nothing of licences. */
export type Licence = Set<string> | undefined

interface Need {
  /** Any of these features will do. */
  features: string[]
  of: string
  isOf (user: ImportableUser): boolean
}

// What `BulkImportUserUtils` checks. A primary user without the feature would even fail the whole batch (E019).
const NEEDS: Need[] = [
  { features: ['mfa'], of: 'an authenticator (MFA)', isOf: ({ totpDevices }) => totpDevices !== undefined },
  { features: ['account_linking', 'mfa'], of: 'linked logins (account linking)', isOf: isPrimary },
  { features: ['multi_tenancy'], of: 'a tenant other than public (multi-tenancy)', isOf: ({ loginMethods }) => loginMethods.flatMap(tenantsOf).some((id) => id !== 'public') }
]

export async function readLicence (core: CoreClient): Promise<Licence> {
  const answer = await core('GET', '/ee/featureflag')
  if (answer.status !== 200) return undefined
  const { features } = bodyOf<{ features?: unknown }>(answer)
  return Array.isArray(features) ? new Set(features as string[]) : undefined
}

function lacking (licence: Licence): Need[] {
  return licence === undefined ? [] : NEEDS.filter(({ features }) => !features.some((feature) => licence.has(feature)))
}

/** Why the Core would refuse this user, if it would. */
export function missingLicence (user: ImportableUser, licence: Licence): string | undefined {
  const needs = lacking(licence).filter(({ isOf }) => isOf(user))
  return needs.length === 0 ? undefined : `has ${needs.map((need) => need.of).join(' and ')}, which the licence of the Core does not cover`
}

/** Counts the users whom the Core would refuse, and says so, one sentence for each feature. */
export async function licenceNotices (file: string, licence: Licence): Promise<string[]> {
  const counts = lacking(licence).map((need) => ({ ...need, count: 0 }))
  if (counts.length === 0) return []
  for await (const line of readUsers(file)) {
    if ('user' in line) for (const one of counts) if (one.isOf(line.user)) one.count++
  }
  return counts.filter(({ count }) => count > 0)
    .map(({ count, of }) => `Users with ${of}: ${count}. The licence of the Core does not cover them, so it refuses all who are not there already.`)
}
