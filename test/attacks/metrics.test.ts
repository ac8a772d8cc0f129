import { getExampleNumber, getCountries } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import t from 'tap'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { scrape } from '../metrics/scrape.js'

const build = (t: Parameters<typeof buildApp>[0]) => buildApp(t, { metrics: { routes: 'all' } })

/** What a stranger can choose of a request, made up anew each time. The last one asks the Core. */
const MADE_UP = [
  (i: number) => ({ method: 'GET', url: `/${i.toString(36)}/${i}` }),
  (i: number) => ({ method: 'GET', url: `/me?${i}=${i}`, headers: { 'user-agent': `agent ${i}`, 'accept-language': `x-${i}`, origin: `https://${i}.example.com`, authorization: `Bearer ${i}` } }),
  (i: number) => ({ method: ['PROPFIND', 'MKCOL', 'SEARCH', 'LOCK', 'TRACE', 'PUT', 'PATCH'][i % 7], url: `/auth/${i}` }),
  (i: number) => ({ method: 'GET', url: '/health', remoteAddress: `10.${i % 256}.${(i >> 8) % 256}.1`, headers: { 'x-request-id': `r${i}`, traceparent: `00-${i.toString(16).padStart(32, '0')}-00f067aa0ba902b7-01` } }),
  (i: number) => ({ method: 'GET', url: `/auth/tenant-${i}/loginmethods` })
]

t.test('whatever strangers make up, ten thousand requests add no series', async (t) => {
  const app = await build(t)
  const send = (i: number) => app.inject({ ...MADE_UP[i % 25 === 0 ? 4 : i % 4]!(i) } as never)
  for (let i = 0; i < 50; i++) await send(i)
  // A scrape asks the Core whether it is ready, and counts that.
  await scrape(app)
  const { series } = await scrape(app)
  for (let i = 50; i < 10_000; i += 25) await Promise.all(Array.from({ length: 25 }, (_, more) => send(i + more)))
  const after = await scrape(app)
  t.same([...after.series.keys()].filter((key) => !series.has(key) && !/nodejs_|gc_/.test(key)), [])
  t.ok(after.value('http_request_duration_seconds_count', { route: 'none' }) > 3000)
})

t.test('messages to every country of the world make a bounded number of series', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  for (const country of getCountries()) {
    const number = getExampleNumber(country, examples)
    if (number !== undefined) await app.twoFactor.sms.send({ to: number.number, body: 'x', code: '1' })
  }
  const { series, value } = await scrape(app)
  const countries = [...series.keys()].filter((key) => key.startsWith('fastify_2fa_messages_total{'))
  t.ok(countries.length <= 62, String(countries.length))
  t.ok(value('messages_total', { country: 'other' }) > 100)
  t.equal(countries.some((key) => key.includes(user.phoneNumber.slice(0, 5))), false)
})

t.test('after whole flows, the metrics name nobody', async (t) => {
  const app = await build(t)
  const secrets = new Set<string>()
  const user = await signInWithSecondFactor(app, { password: 'a password of theirs 7' })
  const again = await signIn(app, user)
  const challenge = await requestCode(app, again)
  await again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode: 'wrong-code' } })
  await passSecondFactor(app, again)
  await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  await again.session.inject('/me')
  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: user.email }] } })
  const token = new URL(app.twoFactor.outbox.last(user.email)!.link!).searchParams.get('token')!
  await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { token, formFields: [{ id: 'password', value: 'another horse 2' }] } })
  await createTestSession(app).inject({ url: '/me', remoteAddress: '203.0.113.77' })
  for (const session of [user.session, again.session]) for (const cookie of session.cookies.values()) if (cookie !== '') secrets.add(cookie)
  for (const { to, code } of app.twoFactor.outbox.entries()) for (const secret of [to, code]) if (secret !== undefined) secrets.add(secret)
  for (const secret of [user.userId, user.password, user.email, user.email.split('@')[0]!, user.phoneNumber, token, challenge.deviceId, challenge.preAuthSessionId, challenge.userInputCode, 'wrong-code', 'example.com', '203.0.113.77', '127.0.0.1']) secrets.add(secret)
  const texts = await Promise.all([undefined, 'application/openmetrics-text'].map(async (accept) => (await app.twoFactor.metrics!.text(accept)).body))
  for (const text of texts) {
    // Of a number that is measured, some digits may be those of a code.
    // Other tests of this process have Cores at addresses of this machine.
    const written = text.split('\n').filter((line) => !line.startsWith('fastify_2fa_circuit_open{service="core"')).map((line) => line.replace(/ [0-9.e+-]+$/, '')).join('\n')
    for (const secret of secrets) t.equal(written.includes(secret), false, `${secret.slice(0, 4)}…`)
  }
})
