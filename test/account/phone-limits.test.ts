import t from 'tap'
import { newPhoneNumber, requestCode, signInWithSecondFactor } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { askToChange, linkTo, noticesTo, post } from './change.js'

const clock = stopClock()
const options = { secondFactors: ['sms' as const], noticesOff: ['factor-added' as const], limits: { countries: ['US'] } }
const limited = { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED' }

t.test('Mallory, who has an open session, does not pump messages by changing the phone again and again', async (t) => {
  const app = await build(t, options)
  const mallory = await signInWithSecondFactor(app)
  let sent = 0
  for (let times = 12; times > 0; times--) {
    clock.pass(16)
    if ((await post(mallory.session, '/account/phone', { phoneNumber: newPhoneNumber() })).status === 'OK') sent++
  }
  t.equal(sent, 5, 'five in ten minutes, as at home')
  t.match(await post(mallory.session, '/account/phone', { phoneNumber: newPhoneNumber() }), limited)
})

t.test('codes for changes and for sign-ins share the windows, and the pause between two', async (t) => {
  const app = await build(t, options)
  const alice = await signInWithSecondFactor(app)
  await askToChange(app, alice.session, newPhoneNumber())
  t.match(await post(alice.session, '/account/phone', { phoneNumber: newPhoneNumber() }), { ...limited, message: /^A code is already on its way/ })
  await t.rejects(requestCode(app, alice))
})

t.test('a new number is one that codes may go to', async (t) => {
  const app = await build(t, options)
  const { session } = await signInWithSecondFactor(app)
  t.match(await post(session, '/account/phone', { phoneNumber: '+4915112345678' }), { ...limited, message: /to this country/ })
  t.match(await post(session, '/account/phone', { phoneNumber: '+18002255288' }), { ...limited, message: /to this kind of number/ })
})

t.test('a code that cannot be sent costs nothing, and changes nothing', async (t) => {
  const app = await build(t, options)
  const alice = await signInWithSecondFactor(app)
  const { send } = app.twoFactor.sms
  Object.assign(app.twoFactor.sms, { send: async () => { throw new Error('down') } })
  for (let times = 8; times > 0; times--) t.match(await post(alice.session, '/account/phone', { phoneNumber: newPhoneNumber() }), { status: 'GENERAL_ERROR', message: /could not be sent/ })
  Object.assign(app.twoFactor.sms, { send })
  const number = newPhoneNumber()
  t.match(await post(alice.session, '/account/phone/verify', await askToChange(app, alice.session, number)), { status: 'OK' })
  await app.twoFactor.delivered()
  t.equal(noticesTo(app, alice.phoneNumber).length, 1)
  t.ok(linkTo(app, alice.email))
})
