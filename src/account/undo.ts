import { getUser } from 'supertokens-node'
import * as Session from 'supertokens-node/recipe/session'
import type { UserContext } from 'supertokens-node/types'
import { audit } from '../audit/audit.js'
import { ContestsFull, NumberTaken } from '../errors.js'
import { toE164 } from '../phone/number.js'
import { toldKey, type NoticeName } from '../second-factor/notice-texts.js'
import { tellOwner, type Contacts, type NoticeOptions, type UndoLink } from '../second-factor/notices.js'
import { isEnrolmentOf, updateMetadata, type Metadata } from '../second-factor/records.js'
import { withoutBrowsers } from '../second-factor/seen-browsers.js'
import { createClaim, freeNumber } from '../second-factor/factors/sms/number-claim.js'
import { USED } from '../second-factor/factors/recovery-codes/record.js'
import { RECORDS } from '../second-factor/factors/records.js'
import { UNDO_FACTORS } from '../second-factor/factors/removal.js'
import type { Subject } from '../second-factor/state.js'
import { endSessionsOfOldCredentials } from '../session/end-sessions.js'
import { appOf } from '../supertokens/sdk.js'
import type { Contest, Contested } from './contests.js'
import { linksIn } from './links.js'

/** Open links of a user. Changes of where codes go need one each. */
const MOST = 10
/** Of those, for what can do without a link of its own, since it has been told of at other times, too. */
const MOST_OPTIONAL = 5

/** What is to be told of, and what it is that can be undone. */
export interface Undoable {
  name: NoticeName
  subject: Subject
  /** The user's metadata before it, as a turn has it. */
  metadata: Metadata
  /** Where codes went before. */
  contacts?: Contacts
  /** Whether it must not be done without a link. @default false */
  needed?: boolean
}

/** A link that is not written yet. */
export interface OfferedLink {
  /** To be written together with the change. */
  record: Metadata
  /** What to tell of it, with what the Core holds afterwards. */
  written (metadata: Metadata): UndoLink
}

interface UndoOptions {
  /** Records of the factors that run. */
  records: readonly string[]
  notices: NoticeOptions
}

/**
 * Undoing changes of second factors. A link remembers all that was enrolled before its change, and with phone + password
 * the number. So it undoes whatever a thief does afterwards as well: a second change, a stronger factor, a removal.
 */
export function createUndo ({ records, notices }: UndoOptions) {
  const all = [...new Set([...records, ...RECORDS])]
  const isEnrolment = (key: string): boolean => key.startsWith(USED) || all.some((record) => isEnrolmentOf(record, key))

  async function loginOf ({ userId, recipeUserId }: Subject, userContext: UserContext) {
    const user = await getUser(userId, userContext)
    return user?.loginMethods.find((method) => method.recipeId === 'emailpassword' && method.recipeUserId.getAsString() === recipeUserId)
  }

  /** With phone + password: gives the account its number back, or none if the number has another owner by now. */
  async function restoreNumber (subject: Subject, number: string, userContext: UserContext): Promise<boolean> {
    const account = await loginOf(subject, userContext)
    if (account === undefined || account.email === number) return account !== undefined
    try {
      await createClaim(account, number, userContext).take()
      return true
    } catch (err) {
      if (!(err instanceof NumberTaken)) throw err
      // What stands there now may be the thief's.
      await freeNumber(account, toE164(account.email ?? '') ?? '', userContext)
      return false
    }
  }

  async function act ({ userId, data, metadata }: Contested, userContext: UserContext) {
    const { enrolled = '{}', recipeUserId, ...contacts } = data
    // A recovery code that was used since stays used.
    const gone = Object.keys(metadata).filter((key) => isEnrolment(key) && !key.startsWith(USED)).map((key) => [key, null])
    await updateMetadata(userId, { ...Object.fromEntries(gone), ...JSON.parse(enrolled) as Metadata, ...withoutBrowsers(metadata) }, userContext)
    let isBack = true
    if (recipeUserId === undefined) await Session.revokeAllSessionsForUser(userId, true, undefined, userContext)
    else {
      if (contacts.phone !== undefined) isBack = await restoreNumber({ userId, recipeUserId }, contacts.phone, userContext)
      await endSessionsOfOldCredentials(recipeUserId, true, userContext)
    }
    audit(userContext, { type: 'second-factor.restored', userId })
    appOf(userContext).twoFactor.deliverInBackground(tellOwner(notices, userId, 'change-undone', userContext, { also: contacts }))
    return isBack ? undefined : 'The old number has another account by now, so it could not be given back. Nobody can sign in to this account any more. Please contact support.' as const
  }

  return {
    contest: {
      purpose: UNDO_FACTORS,
      most: MOST,
      question: 'A second factor of your account was changed: where codes go, or what was added or removed. If it was not you, undo it here. Everything is then as it was before, and everybody is signed out.',
      button: 'Undo the change',
      done: 'The change is undone, and everybody is signed out. Please sign in and choose a new password.',
      act
    } satisfies Contest,

    /**
     * Makes a link that undoes what is going to be done. Undefined where the owner is not told of it, or has as many links
     * as there can be.
     *
     * @throws AUTH_CONTESTS_FULL if it must not be done without one
     */
    async offer ({ name, subject, metadata, contacts = {}, needed = false }: Undoable, userContext: UserContext): Promise<OfferedLink | undefined> {
      if (notices.off.includes(name)) return undefined
      const isFull = linksIn(metadata).filter(({ purpose }) => purpose === UNDO_FACTORS).length >= (needed ? MOST : MOST_OPTIONAL)
      if (isFull && needed) throw new ContestsFull()
      if (isFull) return undefined
      const enrolled = Object.fromEntries(Object.entries(metadata).filter(([key]) => isEnrolment(key)))
      const login = notices.byPhone ? toE164((await loginOf(subject, userContext))?.email ?? '') : undefined
      const data = {
        enrolled: JSON.stringify(enrolled),
        ...Object.fromEntries(Object.entries(contacts).filter((entry): entry is [string, string] => entry[1] !== undefined)),
        ...(login !== undefined && { phone: login, recipeUserId: subject.recipeUserId })
      }
      const { url, key, record } = appOf(userContext).twoFactor.contests.make({ purpose: UNDO_FACTORS, userId: subject.userId, data }, metadata)
      return { record: { ...record, [toldKey(name)]: Date.now() }, written: (after) => ({ url, purpose: UNDO_FACTORS, key, metadata: after }) }
    }
  }
}

export type Undo = ReturnType<typeof createUndo>
