import t from 'tap'
import { createTestSession, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { LANGUAGES, LIMITS, mismatch, post, sentence, shown, speaking, tour } from './tour.js'

for (const language of LANGUAGES) {
  t.test(`each kind of refusal, and the SMS, in ${language}`, async (t) => {
    const app = await build(t, { limits: LIMITS })
    await tour(t, app, language)
    await mismatch(t, app, language)
  })

  t.test(`an account that exists, and the mail for a forgotten password, in ${language}`, async (t) => {
    const app = await build(t, { limits: LIMITS })
    const { email } = await signUp(app)
    const stranger = speaking(createTestSession(app), language)
    const formFields = [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }]
    t.equal(shown(await post(stranger, '/signup', { formFields })), sentence(language, 'This email already exists. Please sign in instead.'))
    await post(stranger, '/user/password/reset/token', { formFields: formFields.slice(0, 1) })
    const mail = app.twoFactor.outbox.last(email)
    t.equal(mail?.body, sentence(language, '{appName}: choose a new password here: {link} The link works for one hour. If you did not ask for it, ignore this message; your password stays the same.', { appName: 'fastify-2fa', link: String(mail?.link) }))
  })
}

t.test('the warning of wrong codes is in the default language: whoever guesses cannot choose another', async (t) => {
  const app = await build(t, { limits: LIMITS, defaultLanguage: 'fr' })
  const known = new Set(app.twoFactor.outbox.entries().map(({ to }) => to))
  await tour(t, app, 'ja')
  const notice = app.twoFactor.outbox.entries().find(({ channel, to }) => channel === 'mail' && !known.has(to))
  t.equal(notice?.body.split('\n')[0], sentence('fr', 'Somebody who knows your password has entered many wrong codes for your {appName} account. If it was not you, open {appName} and choose a new password.', { appName: 'fastify-2fa' }))
})

t.test('without a language that there is, the default language', async (t) => {
  const app = await build(t, { limits: LIMITS, defaultLanguage: 'es' })
  const ask = async (headers: Record<string, string>) => await app.inject({ method: 'POST', url: '/auth/signup', headers, payload: { formFields: [{ id: 'password', value: 'x'.repeat(300) }] } })
  const spanish = sentence('es', 'This is too long. Please use at most {count} characters.', { count: 256 })
  for (const header of ['xx', '*', 'q=NaN', ',;,', 'de,'.repeat(3500)]) {
    const response = await ask({ 'accept-language': header })
    t.equal(response.statusCode, 200)
    t.equal(shown(response), spanish, header.slice(0, 10))
  }
  t.equal(shown(await ask({})), spanish)
  t.match((await ask({ origin: 'http://localhost:3001', 'accept-language': 'de' })).headers, { 'content-language': 'de', vary: 'Origin, accept-language' }, 'beside what CORS says')
})

t.test('words of a host, and texts that are not ours', async (t) => {
  const messages = { de: { 'This is too long. Please use at most {count} characters.': 'Höchstens {count}, bitte.' } }
  const app = await build(t, { limits: LIMITS, messages })
  const german = speaking(createTestSession(app), 'de')
  t.equal(shown(await post(german, '/signup', { formFields: [{ id: 'password', value: 'x'.repeat(300) }] })), 'Höchstens 256, bitte.')

  const refused = await post(german, '/signout', {})
  t.equal(refused.statusCode, 401)
  t.strictSame(refused.json(), { message: 'unauthorised' }, 'a word that programs read')
  t.equal(refused.headers['content-language'], undefined)

  t.equal((await post(german, '/signin', { formFields: 'x' })).json().message, 'body/formFields must be array', 'an error for developers')
})

t.test('logs stay English', async (t) => {
  const lines: string[] = []
  const sms = { name: 'down', async send () { throw new Error('down') } }
  const app = await build(t, { limits: LIMITS, sms }, { logger: { level: 'debug', stream: { write: (line: string) => { lines.push(line) } } } })
  const { session, phoneNumber } = await signUp(app)
  const response = await post(speaking(session, 'de'), '/signinup/code', { phoneNumber })
  t.equal(shown(response), sentence('de', 'The code could not be sent. Please try again in a moment.'))
  t.match(lines.join(''), 'second-factor code not sent')
  t.notMatch(lines.join(''), 'konnte nicht')
})
