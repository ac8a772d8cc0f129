import type { Person, PersonLogin } from '../admin/people.js'
import type { PersonDetails } from '../admin/person.js'
import type { PersonRoles } from '../admin/roles.js'
import type { PersonSession, PersonSessions } from '../admin/sessions.js'
import type { Stats } from '../admin/stats.js'
import { table, utc } from './table.js'
import { factorLines } from './user-output.js'

const day = (time: number): string => utc(time).slice(0, 10)

function loginName ({ recipe, email, phone, number, provider }: PersonLogin): string {
  const name = email ?? phone ?? 'no address'
  return [provider === undefined ? name : `${name} (${provider})`, recipe === 'passwordless' ? '(linked)' : '', number === undefined ? '' : `(number ${number})`].filter((part) => part !== '').join(' ')
}

export function peopleLines (people: readonly Person[]): string[] {
  if (people.length === 0) return ['nobody']
  return table([['ID', 'JOINED', 'SIGNS IN WITH'], ...people.map(({ userId, joinedAt, logins }) => [userId, day(joinedAt), logins.map(loginName).join(', ')])])
}

export function roleLines (roles: PersonRoles): string[] {
  return table(Object.entries(roles).map(([tenantId, names]) => [tenantId, names.length === 0 ? 'no role' : names.join(', ')]))
}

export function personLines (person: PersonDetails): string[] {
  const { userId, joinedAt, tenantIds, logins, roles, sessions, lastSignInAt, deletingSince } = person
  const held = Object.entries(roles).filter(([, names]) => names.length > 0)
  return [
    ...table([
      ['id', userId],
      ['joined', utc(joinedAt)],
      ['tenants', tenantIds.join(', ')],
      ...logins.map((login) => ['login', `${loginName(login)}${login.verified ? ', verified' : ''}`]),
      ['roles', held.length === 0 ? 'none' : held.map(([tenantId, names]) => `${names.join(', ')} (${tenantId})`).join('; ')],
      ['sessions', `${sessions}${lastSignInAt === undefined ? '' : `, the newest since ${utc(lastSignInAt)}`}`],
      ...(deletingSince === undefined ? [] : [['DELETING', `since ${utc(deletingSince)}. Repeat user delete to finish it.`]])
    ]),
    // The first line is the id.
    ...factorLines(person).slice(1)
  ]
}

const placeOf = ({ browser, system }: PersonSession): string => [browser, system].filter((part) => part !== undefined).join(' on ') || 'unknown'

function passedBy ({ secondFactor, firstFactors, passed }: PersonSession): string {
  const factors = [...firstFactors, ...passed.map(({ factor }) => factor)].join(' + ')
  return secondFactor ? factors : `${factors} (second factor missing)`.trim()
}

export function sessionLines ({ sessions, total }: PersonSessions): string[] {
  if (sessions.length === 0) return ['no sessions']
  return [
    ...table([
      ['HANDLE', 'TENANT', 'SINCE', 'UNTIL', 'BROWSER', 'FACTORS'],
      ...sessions.map((session) => [session.handle, session.tenantId, utc(session.startedAt), utc(session.expiresAt), placeOf(session), passedBy(session)])
    ]),
    ...(total > sessions.length ? [`and ${total - sessions.length} older ones`] : [])
  ]
}

export function statsLines ({ people, tenants, active, recoveries, counted }: Stats): string[] {
  const several = Object.keys(tenants).length > 1
  return table([
    ['people', String(people)],
    ...(several ? Object.entries(tenants).map(([id, count]) => [`  in ${id}`, String(count)]) : []),
    ['active in the last day, a person and their phone as two', String(active.day)],
    ['active in the last 30 days, likewise', String(active.month)],
    ['recoveries under way', String(recoveries)],
    ...(counted === undefined
      ? []
      : [
          ...Object.entries(counted.enrolled).map(([factor, count]) => [`with ${factor}`, String(count)]),
          ['without a second factor', String(counted.notEnrolled)],
          ['locked', String(counted.locked)],
          ['have to change the password', String(counted.passwordChangeRequired)],
          ...Object.entries(counted.recoveries).map(([phase, count]) => [`recoveries, ${phase}`, String(count)]),
          ['deletions to finish', String(counted.deleting)],
          ...(counted.sessions === undefined ? [] : [['sessions', String(counted.sessions)]])
        ])
  ])
}
