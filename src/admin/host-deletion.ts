import type { UserContext } from 'supertokens-node/types'
import { createCoreClient } from '../account/core-client.js'
import { appOf } from '../supertokens/sdk.js'
import { belongingsOf, removeBelongings, sweepAfter } from './belongings.js'
import { deletionMarks } from './deletion.js'
import { isPerson } from './people.js'

/**
 * For the SDK's own `deleteUser`, which hosts call: deletes what the Core keeps of the person elsewhere. Otherwise the user of the
 * phone would keep the number for ever.
 *
 * @returns what is to be done once the user is deleted
 */
export async function beforeDeletion (userId: string, removeAllLinkedAccounts: boolean, userContext: UserContext): Promise<() => Promise<void>> {
  const { addresses, apiKey, fetch } = appOf(userContext).twoFactor.core
  const core = createCoreClient({ addresses, apiKey, fetch })
  const user = await core.findUser(userId)
  const goes = user !== undefined && isPerson(user) && (removeAllLinkedAccounts || user.loginMethods.length === 1)
  if (!goes) return async () => {}
  const metadata = await core.update(user.id, deletionMarks())
  const belongings = await belongingsOf(core, user, metadata)
  await core.endSessions(user.id)
  await removeBelongings(core, user, belongings)
  return async () => { await sweepAfter(core, user.id) }
}
