import type { Core, CoreUser } from '../../account/core-client.js'
import { findingOf, isAccount, phonesOf, readAccount, type Account } from './account.js'
import type { Change, Finding, Report } from './report.js'

/** Something to do to an account. */
export interface Step {
  change: Change
  /** How many of it. @default 1 */
  count?: number
  /** Does it, and tells what a person has to decide if it cannot be done. */
  run (): Promise<Finding | undefined>
}

/** What a kind of migration makes of an account. */
export interface Plan {
  findings?: Finding[]
  steps?: Step[]
}

export interface WalkOptions {
  core: Core
  tenantId: string
  /** Whether accounts are phone numbers. */
  byPhone: boolean
  /** Changes nothing. Everything is read and counted all the same. */
  dryRun: boolean
}

/** Calls to the Core at a time: a Core serves people meanwhile. */
const AT_ONCE = 8

/**
 * Goes through all accounts of a tenant. Each is looked at by itself, so it can be repeated at any time, and goes on where
 * it was interrupted: what has been done is nothing to do any more.
 */
export async function walk ({ core, tenantId, byPhone, dryRun }: WalkOptions, planFor: (account: Account) => Promise<Plan> | Plan): Promise<Report> {
  const report: Report = { dryRun, accounts: 0, enrolled: 0, notEnrolled: 0, unusedPhones: 0, changes: {}, findings: [] }
  /** Accounts by the user of the phone that they point to. */
  const holders = new Map<string, string[]>()
  const phones = new Set<string>()

  async function visit (user: CoreUser): Promise<void> {
    if (!isAccount(user)) {
      if (phonesOf(user).length > 0) phones.add(user.id)
      return
    }
    const account = await readAccount(core, user, byPhone)
    report.accounts++
    report[account.isEnrolled ? 'enrolled' : 'notEnrolled']++
    if (account.record !== undefined) holders.set(account.record, [...holders.get(account.record) ?? [], user.id])
    const { findings = [], steps = [] } = await planFor(account)
    report.findings.push(...account.findings, ...findings)
    for (const { change, count = 1, run } of steps) {
      const problem = dryRun ? undefined : await run()
      if (problem === undefined) report.changes[change] = (report.changes[change] ?? 0) + count
      else report.findings.push(problem)
    }
  }

  let page: string | undefined
  do {
    const { users, next } = await core.listUsers(tenantId, page)
    for (let at = 0; at < users.length; at += AT_ONCE) await Promise.all(users.slice(at, at + AT_ONCE).map(visit))
    page = next
  } while (page !== undefined)

  for (const sharing of holders.values()) {
    if (sharing.length > 1) report.findings.push(...sharing.map((id) => findingOf('phone-shared', id, { others: sharing.filter((other) => other !== id) })))
  }
  // With phone + password no account points to its phone's user.
  if (!byPhone) report.unusedPhones = [...phones].filter((id) => !holders.has(id)).length
  return report
}
