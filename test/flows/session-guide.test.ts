import t from 'tap'
import * as Session from 'supertokens-node/recipe/session'
import * as UserRoles from 'supertokens-node/recipe/userroles'
import { passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'

t.test('a role opens its routes, after the second factor only', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const refused = await user.session.inject('/examples/admin')
  t.equal(refused.statusCode, 403)
  t.match(refused.json().claimValidationErrors, [{ id: 'st-role' }])

  await UserRoles.createNewRoleOrAddPermissions('admin', ['posts:write'])
  await UserRoles.addRoleToUser('public', user.userId, 'admin')
  const again = await signIn(app, user)
  t.match((await again.session.inject('/examples/admin')).json().claimValidationErrors, [{ id: '2fa-completed' }])
  await passSecondFactor(app, again)
  t.equal((await again.session.inject('/examples/admin')).statusCode, 200)
  t.equal((await again.session.inject('/examples/permission')).statusCode, 200)
})

t.test('an app\'s session data and the challenge do not get into each other\'s way', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const sessionHandle = handleOf(user.session.cookies.get('sAccessToken')!)
  await Session.updateSessionDataInDatabase(sessionHandle, { cart: 1 })
  const challenge = await requestCode(app, user)
  t.same((await Session.getSessionInformation(sessionHandle))?.sessionDataInDatabase, { cart: 1 }, 'the app does not see the challenge')
  await Session.updateSessionDataInDatabase(sessionHandle, { cart: 2, 'fastify-2fa:challenge': { preAuthSessionId: 'forged' } })
  t.same((await Session.getSessionInformation(sessionHandle))?.sessionDataInDatabase, { cart: 2 })
  const consumed = await user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
  t.equal(consumed.json().status, 'OK', 'nor does it lose or replace it')
  t.equal(await Session.updateSessionDataInDatabase('00000000-0000-4000-8000-000000000000', {}), false)
  t.equal(await Session.getSessionInformation('00000000-0000-4000-8000-000000000000'), undefined)
})

t.test('a session that was ended elsewhere finishes no second factor', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const challenge = await requestCode(app, user)
  await Session.revokeAllSessionsForUser(user.userId)
  for (const [path, payload] of [['/code', { phoneNumber: user.phoneNumber }], ['/code/resend', challenge], ['/code/consume', challenge]] as const) {
    const response = await user.session.copy().inject({ method: 'POST', url: `/auth/signinup${path}`, payload })
    t.equal(response.statusCode, 401, path)
  }
})

function handleOf (token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sessionHandle
}
