import type { Core } from '../../account/core-client.js'
import { forcePasswordChange, type Because, type Operations } from '../../account/operator.js'
import { PASSWORD_CHANGE_REQUIRED } from '../../account/forced-password-change.js'
import { FACTOR_RECORDS, isEnrolledIn } from '../../second-factor/factors/removal.js'
import { PHONE_NUMBER, PHONE_RECORD } from '../../second-factor/factors/sms/enrolled-phone.js'
import { FAILURES_KEY, type FailureRecord } from '../../second-factor/failure-record.js'
import { RULE } from '../../second-factor/requirement.js'
import type { Metadata } from '../../second-factor/records.js'
import { findingOf, passwordOf, phonesOf, requiredFactorsIn, type Account } from './account.js'
import type { Report } from './report.js'
import { walk, type Plan, type Step, type WalkOptions } from './walk.js'

/** Codes by SMS, in SuperTokens' MFA recipe. */
const SMS = 'otp-phone'

function write (core: Core, change: Step['change'], userId: string, update: Metadata): Step {
  return {
    change,
    async run () {
      await core.update(userId, update)
      return undefined
    }
  }
}

/** What the record of a phone is for one that is a login of the account itself. */
const ownPhone = (userId: string, number: string): Metadata => ({ [PHONE_RECORD]: userId, [PHONE_NUMBER]: { user: userId, number } })

export interface FromMfaOptions extends Omit<WalkOptions, 'core' | 'byPhone'> {
  operations: Operations
  because: Because
}

/**
 * From SuperTokens' own MFA recipe, on the same Core: there, phones are logins that are linked to the account. They stay
 * so; the account points to them, as it would to one that was enrolled here.
 *
 * An account whose only factor cannot be read would take that of whoever comes first with the password. As where an operator
 * removes the last factor, the password goes with it; where it cannot, the second factor is locked.
 */
export async function fromMfa ({ operations, because, ...options }: FromMfaOptions): Promise<Report> {
  const { core, passwordReset } = operations

  async function adoptPhone ({ user: { id, ...user }, metadata, isEnrolled }: Account): Promise<Plan> {
    if (isEnrolled) return {}
    const [phone, ...others] = phonesOf({ id, ...user })
    if (phone !== undefined) {
      const findings = others.length > 0 ? [findingOf('several-phones', id, { number: phone })] : []
      return { findings, steps: [write(core, 'phone-adopted', id, ownPhone(id, phone))] }
    }
    if (metadata[PASSWORD_CHANGE_REQUIRED] !== undefined || !await core.hasTotpDevice(id)) return {}
    const canReset = passwordReset && passwordOf({ id, ...user }) !== undefined
    if (!canReset) return { findings: [findingOf('totp-unreadable-locked', id)], steps: lock(id, metadata) }
    return {
      findings: [findingOf('totp-unreadable', id)],
      steps: [{
        change: 'password-change-forced',
        async run () {
          await forcePasswordChange(operations, id, because)
          return undefined
        }
      }]
    }
  }

  /** Until an operator has unlocked it: then nothing is done to it any more. */
  function lock (id: string, metadata: Metadata): Step[] {
    if (metadata[FAILURES_KEY] !== undefined) return []
    return [write(core, 'locked', id, { [FAILURES_KEY]: { lockedAt: new Date().toISOString() } satisfies FailureRecord })]
  }

  function adoptRule ({ user, metadata }: Account): Step[] {
    return requiredFactorsIn(metadata).length > 0 && metadata[RULE] === undefined ? [write(core, 'requirement-adopted', user.id, { [RULE]: 'required' })] : []
  }

  return await walk({ ...options, core, byPhone: false }, async (account) => {
    const { findings = [], steps = [] } = await adoptPhone(account)
    return { findings, steps: [...steps, ...adoptRule(account)] }
  })
}

/**
 * To SuperTokens' own MFA recipe, on the same Core: links each phone to its account, and requires it. Both products read the
 * accounts afterwards.
 */
export async function toMfa (options: Omit<WalkOptions, 'byPhone'>): Promise<Report> {
  const { core } = options
  const { findings } = await walk({ ...options, byPhone: false, dryRun: true }, () => ({}))
  // A login is linked to one account: the others of a shared phone would be locked out here.
  const sharing = new Set(findings.filter(({ problem }) => problem === 'phone-shared').map(({ userId }) => userId))

  return await walk({ ...options, byPhone: false }, ({ user: { id }, metadata, record, number }: Account): Plan => {
    const staying = FACTOR_RECORDS.filter((factor) => factor.record !== PHONE_RECORD && isEnrolledIn(metadata, factor)).map((factor) => factor.id)
    const findings = staying.length > 0 ? [findingOf('factor-stays', id, { detail: staying.join(', ') })] : []
    if (record === undefined || number === undefined || sharing.has(id)) return { findings }
    const required = requiredFactorsIn(metadata)
    const ruled = { ...metadata._supertokens as object | undefined, requiredSecondaryFactors: [...required, SMS] }
    const rule = required.includes(SMS) ? {} : { _supertokens: ruled }
    if (record === id) return { findings, steps: Object.keys(rule).length === 0 ? [] : [write(core, 'requirement-adopted', id, rule)] }
    return {
      findings,
      steps: [{
        change: 'phone-linked',
        async run () {
          const status = await core.linkLogin(record, id)
          if (status !== undefined) return findingOf('cannot-link', id, { number, detail: status })
          await core.update(id, { ...ownPhone(id, number), ...rule })
          return undefined
        }
      }]
    }
  })
}
