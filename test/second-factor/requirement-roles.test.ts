import * as UserRoles from 'supertokens-node/recipe/userroles'
import t from 'tap'
import { setSecondFactorRequirement } from '../../src/index.js'
import { passSecondFactor, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { stopClock } from '../limits/clock.js'
import { buildWith, pageOf, vaultOf } from './requirement.js'

const clock = stopClock()
const build = (t: Parameters<typeof buildWith>[0]) => buildWith(t, { roles: ['admin', 'editor'] })

async function make ({ userId }: SignedInUser, role: string): Promise<void> {
  await UserRoles.createNewRoleOrAddPermissions(role, [])
  await UserRoles.addRoleToUser('public', userId, role)
}

t.test('who has one of the roles needs the second factor, and nobody else', async (t) => {
  const app = await build(t)
  const [admin, reader] = [await signUp(app), await signUp(app)]
  await make(admin, 'admin')
  await make(reader, 'reader')
  t.equal(await pageOf(await signIn(app, admin)), 403)
  const next = await signIn(app, reader)
  t.equal(await pageOf(next), 200)
  t.equal(await vaultOf(next), 403, 'where a route asks for it, of everybody')
})

t.test('who becomes an administrator needs it within five minutes, in the session that there is', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  t.equal(await pageOf(alice), 200)
  await make(alice, 'editor')
  clock.pass(301)
  t.equal(await pageOf(alice), 403)
  await passSecondFactor(app, alice)
  t.equal(await pageOf(alice), 200)
})

t.test('who has enrolled one needs it without any role, and so does whom it is required of', async (t) => {
  const app = await build(t)
  const [alice, bob] = [await signUp(app), await signUp(app)]
  await passSecondFactor(app, alice)
  t.equal(await pageOf(await signIn(app, alice)), 403)
  await setSecondFactorRequirement(bob.userId, 'required')
  t.equal(await pageOf(await signIn(app, bob)), 403)
  await setSecondFactorRequirement(bob.userId, 'optional')
  t.equal(await pageOf(await signIn(app, bob)), 200)
})
