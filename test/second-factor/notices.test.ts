import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { enrolTotp, passSecondFactor, requestCode, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

/** The places that the host's function gives, or what it does instead. */
let place: () => Promise<string | undefined> = async () => undefined
const placeOf = async (): Promise<string | undefined> => await place()
const options = {
  secondFactors: ['sms' as const, 'totp' as const],
  recoveryCodes: true,
  defaultLanguage: 'de',
  noticesOff: ['recovery-codes-made' as const],
  placeOf,
  limits: { sends: false as const, signIn: false as const, signUps: false as const, mails: false as const, failures: { lockAfter: 2, triesPerWait: 5 } }
}
const build = (t: Parameters<typeof buildApp>[0]) => buildApp(t, options)

const mails = (app: FastifyInstance, { email }: SignedInUser) => app.twoFactor.outbox.entries().filter(({ to }) => to === email)

const post = async (app: FastifyInstance, { session }: SignedInUser, path: string, payload: object = {}) => {
  const response = await session.inject({ method: 'POST', url: `/auth${path}`, payload })
  await app.twoFactor.delivered()
  return response.json<Record<string, unknown>>()
}

async function withPhone (app: FastifyInstance): Promise<SignedInUser> {
  const user = await signUp(app)
  await passSecondFactor(app, user)
  await app.twoFactor.delivered()
  return user
}

t.beforeEach(() => { place = async () => undefined })

t.test('the owner is told of a factor that is added to others, and of one that is removed', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  t.equal(mails(app, alice).length, 0, 'with the first one, the owner is there')

  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  t.equal(mails(app, alice).length, 1)
  t.match(mails(app, alice)[0]?.body, /einen zweiten Faktor hinzugefügt/, 'in the language of the app, whatever a thief asks for')
  t.match(mails(app, alice)[0]?.body, /Das war am \d\d?\.\d\d\.\d{4}, \d\d:\d\d UTC\./)
  t.match(mails(app, alice)[0]?.link, /\/account\/contest\?token=/)

  const { devices: [device] } = (await alice.session.inject('/auth/totp/device/list')).json<{ devices: Array<{ name: string }> }>()
  t.match(await post(app, alice, '/totp/device/remove', { deviceName: device!.name }), { status: 'OK', didDeviceExist: true })
  t.equal(mails(app, alice).length, 2)
  t.match(mails(app, alice)[1]?.body, /einen zweiten Faktor entfernt/)
  t.not(mails(app, alice)[1]?.link, mails(app, alice)[0]?.link)
})

t.test('Alice removes what Mallory, who passed as strong a factor, has added', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  const token = new URL(mails(app, alice)[0]!.link!).searchParams.get('token')
  t.match((await app.inject({ method: 'POST', url: '/auth/account/contest', payload: { token } })).json(), { status: 'OK' })
  const again = await signIn(app, alice)
  t.match((await again.session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json(), { factors: { next: ['otp-phone'] } })
})

t.test('an account that adds one after the other has itself told five times with a link, then once an hour', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  const devices = async () => (await alice.session.inject('/auth/totp/device/list')).json<{ devices: Array<{ name: string }> }>().devices
  for (let times = 4; times > 0; times--) {
    await enrolTotp(app, alice)
    await post(app, alice, '/totp/device/remove', { deviceName: (await devices())[0]?.name })
  }
  const bodies = mails(app, alice)
  t.equal(bodies.filter(({ link }) => link !== undefined).length, 5)
  t.equal(bodies.length, 5)
  clock.pass(3601)
  const later = await signIn(app, alice)
  await passSecondFactor(app, later)
  await enrolTotp(app, later)
  await app.twoFactor.delivered()
  t.equal(mails(app, alice).length, 6)
  t.equal(mails(app, alice).at(-1)?.link, undefined, 'an earlier link undoes that, too')
})

t.test('the message names the place, if there is one, on one line', async (t) => {
  const app = await build(t)
  place = async () => ' Lyon,\r\n\r\nFrance '
  const alice = await withPhone(app)
  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  t.match(mails(app, alice)[0]?.body, 'UTC, aus der Nähe von Lyon, France.\n')
})

t.test('a function for places that fails, is slow or gives nonsense loses no message', async (t) => {
  const app = await build(t)
  for (const broken of [
    async () => { throw new Error('no database') },
    () => new Promise<undefined>(() => {}),
    async () => 7 as unknown as string,
    async () => '\n\n'
  ]) {
    place = broken
    const alice = await withPhone(app)
    await enrolTotp(app, alice)
    await app.twoFactor.delivered()
    t.match(mails(app, alice)[0]?.body, /Das war am [^,]+, \d\d:\d\d UTC\.\n/)
  }
  place = async () => 'x'.repeat(500)
  const alice = await withPhone(app)
  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  t.match(mails(app, alice)[0]?.body, /von x{100}\./)
})

t.test('what is switched off is not told, and nothing else is', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  t.match(await post(app, alice, '/recovery-codes'), { status: 'OK' })
  t.equal(mails(app, alice).length, 0)
  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  t.equal(mails(app, alice).length, 1)
})

t.test('the owner is told of a lock', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  const mallory = await signIn(app, alice)
  const code = await requestCode(app, mallory)
  const wrong = { ...code, userInputCode: code.userInputCode === '000000' ? '111111' : '000000' }
  for (let times = 2; times > 0; times--) await post(app, mallory, '/signinup/code/consume', wrong)
  t.match(mails(app, alice).map(({ body }) => body), [/^Der zweite Faktor Ihres Kontos bei fastify-2fa ist gesperrt/])
})

t.test('the owner is told of a password that was reset', async (t) => {
  const app = await build(t)
  const alice = await withPhone(app)
  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: alice.email }] } })
  await app.twoFactor.delivered()
  const token = new URL(mails(app, alice)[0]!.link!).searchParams.get('token')
  const payload = { method: 'token', token, formFields: [{ id: 'password', value: 'correct horse 2' }] }
  t.match((await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload })).json(), { status: 'OK' })
  await app.twoFactor.delivered()
  t.match(mails(app, alice).at(-1)?.body, /^Jemand hat mit einem Link, der an Sie geschickt wurde, ein neues Passwort/)
  await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload })
  await app.twoFactor.delivered()
  t.equal(mails(app, alice).length, 2, 'a link that is used again changes nothing')
})
