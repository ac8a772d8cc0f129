import t from 'tap'
import { setSecondFactorRequirement } from '../../src/index.js'
import { passSecondFactor, signIn, signUp } from '../../src/testing/index.js'
import { buildWith, pageOf, vaultOf } from './requirement.js'

t.test('everybody needs the second factor but users who are exempt, until they enrol one', async (t) => {
  const app = await buildWith(t, 'unless-exempt')
  const [alice, bob] = [await signUp(app), await signUp(app)]
  t.equal(await pageOf(bob), 403)
  t.equal(await pageOf(alice), 403)
  await setSecondFactorRequirement(alice.userId, 'optional')
  t.equal(await pageOf(alice), 403, 'a session keeps what it was created with')
  const next = await signIn(app, alice)
  t.equal(await pageOf(next), 200)
  t.equal(await vaultOf(next), 403)
  await passSecondFactor(app, next)
  t.equal(await vaultOf(next), 200)
  t.equal(await pageOf(await signIn(app, alice)), 403)
})
