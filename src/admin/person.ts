import { requireUser, type Operations } from '../account/operator.js'
import { listFactors, type ListedAccount } from '../account/operator-list.js'
import { DELETING } from '../session/epoch.js'
import { personOf, type Person } from './people.js'
import { rolesOf, type PersonRoles } from './roles.js'
import { newestSessions } from './sessions.js'

/** All that operators need to see of a person. Factors are masked, logins are not. Times are in milliseconds since 1970. */
export interface PersonDetails extends Person, ListedAccount {
  roles: PersonRoles
  /** How many sessions there are. */
  sessions: number
  /** When the newest of them began. Absent where there is none. */
  lastSignInAt?: number
  /** Since when the person is being deleted: repeat the deletion to finish it. */
  deletingSince?: number
}

/** Of the newest handles, since the order of the Core's list is not promised. */
const LOOKED_AT = 5

/** Shows one person. About ten calls to the Core. Changes nothing. */
export async function showPerson (operations: Operations, userId: string): Promise<PersonDetails> {
  const { core } = operations
  const user = await requireUser(core, userId)
  const [account, metadata, roles, { sessions: [newest], total }] = await Promise.all([
    listFactors(operations, user.id), core.metadata(user.id), rolesOf(operations, user), newestSessions(core, user.id, LOOKED_AT)
  ])
  const since = metadata[DELETING]
  return {
    ...personOf(user),
    ...account,
    roles,
    sessions: total,
    ...(newest !== undefined && { lastSignInAt: newest.startedAt }),
    ...(typeof since === 'number' && { deletingSince: since })
  }
}
