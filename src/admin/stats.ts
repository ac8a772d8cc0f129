import { AGENDA_USER, recoveriesIn } from '../account/agenda.js'
import type { CoreUser } from '../account/core-client.js'
import { PASSWORD_CHANGE_REQUIRED } from '../account/forced-password-change.js'
import type { Operations } from '../account/operator.js'
import { phaseOf, recoveryIn } from '../account/recovery-record.js'
import { memberOf } from '../members.js'
import { FAILURES_KEY } from '../second-factor/failure-record.js'
import { isEnrolledIn } from '../second-factor/factors/removal.js'
import type { Metadata } from '../second-factor/records.js'
import { DELETING } from '../session/epoch.js'
import { countActive, countPeople, eachOf, metadataOf, peopleOf, tenantsOf } from './core-calls.js'

/** What is known of a person only from their metadata. */
export interface PeopleCounts {
  people: number
  /** By id of a factor. Who has several counts for each. */
  enrolled: Record<string, number>
  /** Without any second factor: recovery codes alone are none, and one that is switched off counts. */
  notEnrolled: number
  locked: number
  passwordChangeRequired: number
  recoveries: Record<'waiting' | 'ready' | 'lapsed', number>
  /** Deletions that were begun and are not finished. */
  deleting: number
  /** Only if they were asked for. */
  sessions?: number
}

export interface Stats {
  /** People of all tenants. Users of phones and addresses are none. */
  people: number
  /** Whoever is in several tenants counts in each. */
  tenants: Record<string, number>
  /** Users who were active in the last day and in the last thirty, those of phones among them. */
  active: { day: number, month: number }
  /** Recoveries whose owners are reminded of them. */
  recoveries: number
  /** Only if everybody was looked at. */
  counted?: PeopleCounts
}

export interface StatsOptions {
  /**
   * Looks at everybody: two calls to the Core for 500 people, one after the other.
   * @default false
   */
  everybody?: boolean | undefined
  /** Counts sessions as well: one more call for each person, eight at a time. @default false */
  sessions?: boolean | undefined
}

const DAY_MS = 86_400_000

function add (counts: PeopleCounts, { factors, byPhone }: Operations, metadata: Metadata): void {
  counts.people++
  const enrolled = factors.filter((factor) => isEnrolledIn(metadata, factor)).map(({ id }) => id)
  // With phone + password, the number is the factor, and nothing says so.
  const all = byPhone ? [...new Set(['sms', ...enrolled])] : enrolled
  for (const id of all) counts.enrolled[id] = (counts.enrolled[id] ?? 0) + 1
  if (factors.every(({ id, isBackup }) => isBackup === true || !all.includes(id))) counts.notEnrolled++
  if (memberOf(metadata[FAILURES_KEY], 'lockedAt') !== undefined) counts.locked++
  if (metadata[PASSWORD_CHANGE_REQUIRED] !== undefined) counts.passwordChangeRequired++
  const recovery = recoveryIn(metadata)
  if (recovery !== undefined) counts.recoveries[phaseOf(recovery)]++
  if (metadata[DELETING] !== undefined) counts.deleting++
}

async function countEverybody (operations: Operations, tenants: readonly string[], withSessions: boolean): Promise<PeopleCounts> {
  const { core } = operations
  const counts: PeopleCounts = { people: 0, enrolled: {}, notEnrolled: 0, locked: 0, passwordChangeRequired: 0, recoveries: { waiting: 0, ready: 0, lapsed: 0 }, deleting: 0, ...(withSessions && { sessions: 0 }) }
  // Whoever is in several tenants is counted in the first of them.
  const isNew = ({ loginMethods }: CoreUser, place: number): boolean =>
    !loginMethods.some(({ tenantIds }) => tenantIds.some((id) => { const other = tenants.indexOf(id); return other !== -1 && other < place }))
  for (const [place, tenantId] of tenants.entries()) {
    for await (const users of peopleOf(core, tenantId)) {
      const here = users.filter((user) => isNew(user, place))
      for (const metadata of await metadataOf(core, here.map(({ id }) => id))) add(counts, operations, metadata)
      if (withSessions) for (const handles of await eachOf(here, ({ id }) => core.sessionsOf(id))) counts.sessions! += handles.length
    }
  }
  return counts
}

/**
 * How many people there are, and how they are. Without options: three calls to the Core and one for each tenant, which read
 * numbers that the Core keeps. So it can be asked for at any time, of a Core of any size.
 */
export async function readStats (operations: Operations, { everybody = false, sessions = false }: StatsOptions = {}): Promise<Stats> {
  const { core } = operations
  const tenants = await tenantsOf(core)
  const counts = await eachOf(tenants, async (tenantId) => await countPeople(core, tenantId))
  const [people, day, month, agenda] = await Promise.all([
    countPeople(core), countActive(core, Date.now() - DAY_MS), countActive(core, Date.now() - 30 * DAY_MS), core.metadata(AGENDA_USER)
  ])
  return {
    people,
    tenants: Object.fromEntries(tenants.map((tenantId, index) => [tenantId, counts[index]!])),
    active: { day, month },
    recoveries: recoveriesIn(agenda),
    ...((everybody || sessions) && { counted: await countEverybody(operations, tenants, sessions) })
  }
}
