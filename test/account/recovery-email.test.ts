import t from 'tap'
import { advance } from '../../src/testing/index.js'
import { build as buildApp, openRecovery, post, RECOVERY, whoLostPhone } from './recovery.js'

const build = (t: Parameters<typeof buildApp>[0]) => buildApp(t, { secondFactors: ['sms', 'email'], oneMailboxForBothFactors: true, limits: { sends: { cooldown: 30, perTenMinutes: 3 }, signIn: false, signUps: false, mails: false } })

t.test('a mailbox does not become the second factor by which it was recovered', async (t) => {
  const app = await build(t)
  const { alice, again } = await openRecovery(app)
  t.match((await again.session.inject({ method: 'PUT', url: '/auth/mfa/info', payload: {} })).json(), { factors: { next: ['otp-phone'], allowedToSetup: ['otp-phone'] } })
  for (const email of [alice.email, 'mallory@example.com']) {
    t.match(await post(again.session, '/auth/signinup/code', { email }), { code: 'AUTH_ENROLMENT_REFUSED' })
  }
})

t.test('mails of codes are limited like all others', async (t) => {
  const app = await build(t)
  const { lost } = await whoLostPhone(app)
  const ask = async () => await post(lost.session, `${RECOVERY}/code`)
  const answers = await Promise.all(Array.from({ length: 10 }, ask))
  t.equal(answers.filter(({ status }) => status === 'OK').length, 1)
  t.match(await ask(), { code: 'AUTH_LIMIT_REACHED', message: /already on its way/ })
  for (let i = 0; i < 2; i++) {
    advance(31)
    await ask()
  }
  advance(31)
  t.match(await ask(), { code: 'AUTH_LIMIT_REACHED', message: /Too many codes/ })
})
