import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { advance, newPhoneNumber, passSecondFactor, requestCode, signIn, type SignedInUser } from '../../src/testing/index.js'
import { build, enrolPhone, isIn, mailCode, openRecovery, post, press, RECOVERY, start, viewOf, whoLostPhone } from '../account/recovery.js'
import { breakOff, callsOf, interleave } from './suite/hold-call.js'

const CONSUME = '/auth/signinup/code/consume'
const metadataOf = async (app: FastifyInstance, { userId }: SignedInUser) => await app.twoFactor.operations.core.metadata(userId)

/** An account whose recovery is open in a session, which is about to answer the code to a new phone. */
async function aboutToEnrol (app: FastifyInstance) {
  const { alice, again, link } = await openRecovery(app)
  const code = await requestCode(app, { ...again, phoneNumber: newPhoneNumber() })
  const { passwordlessUserId: old } = await metadataOf(app, alice)
  return { alice, again, link, old, enrol: () => post(again.session, CONSUME, code) }
}

t.test('a veto at any moment of an enrolment: one of the two wins, and the account is never without a factor', async (t) => {
  const app = await build(t)
  const first = await aboutToEnrol(app)
  const all = await callsOf(first.enrol)
  // What looks up the owner is sent in the background, for which tests wait.
  const calls = all.slice(0, all.indexOf('GET /user/id'))
  for (let index = 0; index < calls.length; index++) {
    const { alice, again, link, old, enrol } = await aboutToEnrol(app)
    let vetoed: { status?: string } = {}
    const enrolled = await interleave(enrol, index, async () => { vetoed = await press(app, link) })
    const after = await metadataOf(app, alice)
    t.type(after.passwordlessUserId, 'string', calls[index]!)
    const isReplaced = after.passwordlessUserId !== old
    // Pressed after it was over, the link says so and stops nothing.
    const isStopped = after['fastify-2fa:past-recoveries'] !== undefined
    t.not(isReplaced, isStopped, `${calls[index]}: ${JSON.stringify([vetoed, enrolled])}`)
    if (isStopped) t.notOk(await isIn(again))
  }
})

t.test('a crash at any moment of an enrolment leaves the old factor or the new one', async (t) => {
  const app = await build(t)
  const first = await aboutToEnrol(app)
  const calls = await callsOf(first.enrol)
  for (let index = 0; index < calls.length; index++) {
    const { alice, old, enrol } = await aboutToEnrol(app)
    await breakOff(enrol, index).catch(() => {})
    const after = await metadataOf(app, alice)
    t.type(after.passwordlessUserId, 'string', calls[index]!)
    if (after.passwordlessUserId === old) t.ok(after['fastify-2fa:recovery'], 'and then the recovery can still be finished')
    const thief = await signIn(app, alice)
    t.not((await enrolPhone(app, thief)).status, 'OK', 'nobody else enrols')
  }
})

t.test('a crash at any moment of a start leaves no recovery of which nobody is told', async (t) => {
  const app = await build(t)
  const { lost } = await whoLostPhone(app)
  const code = await mailCode(app, lost)
  const calls = await callsOf(() => post(lost.session, RECOVERY, { code }))
  for (let index = 0; index < calls.length; index++) {
    const { alice, lost } = await whoLostPhone(app)
    const code = await mailCode(app, lost)
    await breakOff(() => post(lost.session, RECOVERY, { code }), index).catch(() => {})
    await app.twoFactor.delivered()
    if ((await viewOf(await signIn(app, alice)))?.phase === 'none') continue
    advance('25h')
    await app.twoFactor.keepHouse()
    t.match(app.twoFactor.outbox.last(alice.phoneNumber)?.link, /contest/, calls[index]!)
  }
})

t.test('the owner passes a factor at any moment of a finish: the recovery opens nothing', async (t) => {
  const app = await build(t)
  async function aboutToFinish () {
    const { alice, lost } = await whoLostPhone(app)
    await start(app, lost)
    advance('73h')
    const again = await signIn(app, alice)
    const owner = await signIn(app, alice)
    const code = await mailCode(app, again)
    return { alice, again, owner, finish: () => post(again.session, `${RECOVERY}/finish`, { code }) }
  }
  const first = await aboutToFinish()
  const calls = await callsOf(first.finish)
  for (let index = 0; index < calls.length; index++) {
    const { again, owner, finish } = await aboutToFinish()
    await interleave(finish, index, () => passSecondFactor(app, owner))
    await app.twoFactor.delivered()
    const phase = (await viewOf(again))?.phase
    t.equal(phase, 'none', calls[index]!)
    t.match(await enrolPhone(app, again), { code: 'AUTH_PHONE_MISMATCH' }, calls[index]!)
  }
})

t.test('recoveries cost a returning login by SMS no call to the Core', async (t) => {
  const app = await build(t)
  const { alice } = await whoLostPhone(app)
  let lost = alice
  t.equal((await callsOf(async () => { lost = await signIn(app, alice) })).length, 4)
  let code = {}
  t.equal((await callsOf(async () => { code = await requestCode(app, lost) })).length, 4)
  t.equal((await callsOf(() => post(lost.session, CONSUME, code))).length, 5)
  t.ok(await isIn(lost))
})
