import type { Core } from '../../account/core-client.js'
import { memberOf, textOf } from '../../members.js'
import { MFA_CLAIM } from '../../second-factor/passed.js'
import { PHONE_NUMBER } from '../../second-factor/factors/sms/enrolled-phone.js'
import { findingOf, isMisspelt, passwordOf, requiredFactorsIn, type Account } from './account.js'
import type { Finding, Report } from './report.js'
import { walk, type Plan, type Step, type WalkOptions } from './walk.js'

function commonFindings ({ user, metadata }: Account): Finding[] {
  return [
    ...(user.loginMethods.length > 1 ? [findingOf('linked-logins', user.id)] : []),
    ...(requiredFactorsIn(metadata).length > 0 ? [findingOf('mfa-required', user.id, { detail: requiredFactorsIn(metadata).join(', ') })] : [])
  ]
}

/** Looks at all accounts, and changes nothing. */
export async function check (options: Omit<WalkOptions, 'dryRun'>): Promise<Report> {
  return await walk({ ...options, dryRun: true }, (account) => ({ findings: commonFindings(account) }))
}

/** Writes the number down beside the record: the first sign-in asks the Core once less. */
function noteNumber (core: Core, { user, metadata, number, record }: Account): Step[] {
  if (number === undefined || record === undefined || textOf(metadata[PHONE_NUMBER], 'user') === record) return []
  return [{
    change: 'number-noted',
    async run () {
      await core.update(user.id, { [PHONE_NUMBER]: { user: record, number } })
      return undefined
    }
  }]
}

/** Phone + password: apps of the guides store what people typed. Here a login is looked up in E.164. */
function rewriteLogin (core: Core, { user, number }: Account): Step[] {
  const account = passwordOf(user)
  if (account?.email === undefined || number === undefined || !isMisspelt(account.email, number)) return []
  return [{
    change: 'login-rewritten',
    run: async () => await core.rename(account.recipeUserId, number) ? undefined : findingOf('login-taken', user.id, { number })
  }]
}

/**
 * Sessions of the guides' app that say that the second factor has passed. Those of this product name the factor as well.
 * Access tokens that are out already say so until they expire.
 */
async function askAgain (core: Core, { user }: Account, claimKey: string): Promise<Step[]> {
  const steps: Step[] = []
  for (const handle of await core.sessionsOf(user.id)) {
    const payload = await core.payloadOf(handle)
    if (payload === undefined || payload[MFA_CLAIM] !== undefined || memberOf(payload[claimKey], 'v') !== true) continue
    steps.push({
      change: 'session-asks-again',
      async run () {
        await core.setPayload(handle, { ...payload, [claimKey]: { v: false, t: Date.now() } })
        return undefined
      }
    })
  }
  return steps
}

export interface FromGuidesOptions extends WalkOptions {
  /** Key of the claim that says that the second factor has passed. */
  claimKey: string
  /** Whether sessions of the guides' app have to pass the second factor once more. */
  asksAgain: boolean
}

/** From an app of SuperTokens' legacy guides, on the same Core. What it has written is read as it is; this does the rest. */
export async function fromGuides ({ claimKey, asksAgain, ...options }: FromGuidesOptions): Promise<Report> {
  const { core, byPhone } = options
  return await walk(options, async (account): Promise<Plan> => ({
    findings: commonFindings(account),
    steps: [
      ...(byPhone ? rewriteLogin(core, account) : noteNumber(core, account)),
      ...(asksAgain ? await askAgain(core, account, claimKey) : [])
    ]
  }))
}
