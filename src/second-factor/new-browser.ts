import type { UserContext } from 'supertokens-node/types'
import { familyOf } from '../session/sign-in-record.js'
import { appOf, requestOf } from '../supertokens/sdk.js'
import { noticeDue, tellOwner, type NoticeOptions } from './notices.js'
import { updateMetadata, type Metadata } from './records.js'
import { hasSeenBrowsers, isSeen, withBrowser } from './seen-browsers.js'

/**
 * Tells owners that their second factor was passed in a browser that their account has not been used in: a thief who has
 * both factors changes nothing that they would be told of otherwise. Only a hint, since clients name their browser
 * themselves, and a thief can name the owner's.
 *
 * @param metadata the user's, as it was read for the sign-in, so that a known browser costs no call to the Core
 */
export function tellOfNewBrowser (options: NoticeOptions, userId: string, metadata: Metadata, userContext: UserContext): void {
  if (!options.newBrowsers) return
  const browser = familyOf(requestOf(userContext)?.headers['user-agent'])
  if (isSeen(metadata, browser)) return
  // The first one ever is the owner's, who has just enrolled, or was there before this was switched on.
  const isFirst = !hasSeenBrowsers(metadata)
  const due = isFirst ? {} : noticeDue('new-browser', metadata, options)
  // Not remembered before the owner can be told of it: a thief must not be hushed up by a browser of the owner's.
  if (due === undefined) return

  async function tell (): Promise<void> {
    await updateMetadata(userId, { ...withBrowser(metadata, browser), ...due }, userContext)
    if (!isFirst) await tellOwner(options, userId, 'new-browser', userContext, { browser })
  }
  appOf(userContext).twoFactor.deliverInBackground(tell())
}
