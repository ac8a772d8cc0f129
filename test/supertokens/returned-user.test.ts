import t from 'tap'
import { getUser, listUsersByAccountInfo } from 'supertokens-node'
import type { User, UserContext } from 'supertokens-node/types'
import { noteReturnedUser, returnedUser } from '../../src/supertokens/returned-user.js'
import { UserMetadata } from '../../src/supertokens/for-hosts.js'
import { signUp } from '../../src/testing/index.js'
import { callsOf } from '../attacks/suite/hold-call.js'
import { build } from '../helper.js'

t.test('a user that the Core has just returned is not asked for again, until something may have changed', async (t) => {
  const app = await build(t)
  const { userId, email } = await signUp(app)
  const user = await getUser(userId) as User
  const userContext = {} as UserContext
  const ask = () => callsOf(() => getUser(userId, userContext))
  noteReturnedUser(user, userContext)
  t.same(await ask(), [])
  t.equal(returnedUser('another', userContext), undefined)
  t.equal(returnedUser(userId, {} as UserContext), undefined, 'another request knows nothing of it')
  t.same(await callsOf(() => listUsersByAccountInfo('public', { email }, true, userContext)), ['GET /public/users/by-accountinfo'], 'all accounts with an address are another question')
  t.same(await ask(), [], 'questions change nothing')
  await UserMetadata.updateUserMetadata(userId, { a: 1 }, userContext)
  t.same(await ask(), ['GET /user/id'])
})

t.test('a user who may be linked with others meanwhile is asked for', async (t) => {
  const app = await build(t)
  const { userId } = await signUp(app)
  const userContext = {} as UserContext
  noteReturnedUser(Object.assign(await getUser(userId) as User, { isPrimaryUser: true }), userContext)
  t.equal(returnedUser(userId, userContext), undefined)
})
