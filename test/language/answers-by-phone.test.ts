import t from 'tap'
import { createTestSession, passSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { LANGUAGES, LIMITS, mismatch, post, sentence, shown, speaking, tour } from './tour.js'

const OPTIONS = { firstFactor: 'phone-password', passwordReset: true, limits: LIMITS } as const

for (const language of LANGUAGES) {
  t.test(`each kind of refusal, and text messages, in ${language}`, async (t) => {
    const app = await build(t, OPTIONS)
    await tour(t, app, language)
    await mismatch(t, app, language)

    const stranger = speaking(createTestSession(app), language)
    const formFields = [{ id: 'email', value: '12' }, { id: 'password', value: 'correct horse 1' }]
    t.equal(shown(await post(stranger, '/signup', { formFields })), sentence(language, 'This phone number is not valid. Please enter it with its country code, such as +1 212 555 0123.'))

    const user = await signUp(app)
    await passSecondFactor(app, user)
    await post(stranger, '/user/password/reset/token', { formFields: [{ id: 'email', value: user.email }] })
    const sms = app.twoFactor.outbox.last(user.email)
    t.equal(sms?.body, sentence(language, '{appName}: choose a new password here: {link} The link works for one hour. If you did not ask for it, ignore this message; your password stays the same.', { appName: 'fastify-2fa', link: String(sms?.link) }))
  })
}
