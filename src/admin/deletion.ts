import { AGENDA_USER } from '../account/agenda.js'
import { newMark, type Core, type CoreUser } from '../account/core-client.js'
import { begin, eventOf, requireReason, type Because, type Operations } from '../account/operator.js'
import { UserUnknown } from '../errors.js'
import { CREDENTIAL_CHANGED, DELETING, SESSIONS_ENDED } from '../session/epoch.js'
import { askedFor, belongingsOf, removeBelongings, sweepAfter, type Belongings } from './belongings.js'
import { removeUser } from './core-calls.js'

export interface DeletedPerson {
  /** False where there was nobody with this id, such as with the second of two attempts. */
  existed: boolean
  /** Phones that other accounts have as well, and that the Core keeps for these. */
  sharedPhones: number
}

/**
 * Locks a person out for good, before anything of theirs goes. Their sessions end before the mark is written: whatever ends
 * this process in between, nobody is left signed in to an account that is being deleted.
 *
 * @param begun called once the sessions have ended, before anything else is changed
 */
export async function lockOut (core: Core, user: CoreUser, begun: () => Promise<void>): Promise<Belongings> {
  const asked = await askedFor(core, user.id)
  await core.endSessions(user.id)
  await begun()
  const metadata = await core.update(user.id, { [DELETING]: Date.now(), [CREDENTIAL_CHANGED]: newMark(), [SESSIONS_ENDED]: newMark() })
  // Those that began meanwhile.
  await core.endSessions(user.id)
  return belongingsOf(user, metadata, asked)
}

/**
 * Deletes a person: all ways to sign in, sessions, metadata with all that is enrolled, roles, codes on their way, the users that
 * SuperTokens keeps for phones and addresses, and what was planned for them. Nobody is told: there is nowhere left to write to.
 *
 * It can be repeated at any time, also after a crash. Until it is done, the person gets no session.
 *
 * @throws AUTH_OPERATION_REFUSED for the id of a phone's user
 * @throws AUTH_USER_UNKNOWN for the id of the service's own records
 */
export async function deletePerson (operations: Operations, userId: string, because: Because): Promise<DeletedPerson> {
  requireReason(because)
  const { core, report } = operations
  // It is no user's, so the sweep below would take from every owner what they are still to be told.
  if (userId === AGENDA_USER) throw new UserUnknown()
  if (await core.findUser(userId) === undefined) {
    await sweepAfter(core, userId)
    return { existed: false, sharedPhones: 0 }
  }
  // The turn is never ended: its mark goes with the metadata, and nothing is enrolled meanwhile.
  const { user } = await begin(operations, userId, because)
  const belongings = await lockOut(core, user, () => report({ userId: user.id, events: [eventOf('user.deletion-started', user.id, because)] }))
  // In an order that leaves nobody who could sign in without a factor.
  const sharedPhones = await removeBelongings(core, user, belongings)
  await removeUser(core, user.id)
  await sweepAfter(core, user.id)
  await report({ userId: user.id, events: [eventOf('user.deleted', user.id, because)] })
  return { existed: true, sharedPhones }
}
