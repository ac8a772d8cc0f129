import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { currentTotp, enrolTotp, passSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()
const build = (t: Parameters<typeof buildApp>[0]) => buildApp(t, { secondFactors: ['sms', 'totp'], defaultLanguage: 'de' })

const mails = (app: FastifyInstance, { email }: SignedInUser) => app.twoFactor.outbox.entries().filter(({ to }) => to === email).map(({ body }) => body)

const remove = async (app: FastifyInstance, { session }: SignedInUser, deviceName: string) => {
  const response = await session.inject({ method: 'POST', url: '/auth/totp/device/remove', payload: { deviceName } })
  await app.twoFactor.delivered()
  return response.json<{ status: string, didDeviceExist?: boolean }>()
}

t.test('the owner is told of a factor that is added to others, and of one that is removed', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  await app.twoFactor.delivered()
  t.equal(mails(app, alice).length, 0, 'with the first one, the owner is there')

  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  t.equal(mails(app, alice).length, 1)
  t.match(mails(app, alice)[0], /einen zweiten Faktor hinzugefügt/, 'in the language of the app, whatever a thief asks for')
  t.notMatch(mails(app, alice)[0], /https?:/, 'with no link')

  const { devices: [device] } = (await alice.session.inject('/auth/totp/device/list')).json<{ devices: Array<{ name: string }> }>()
  t.match(await remove(app, alice, device!.name), { status: 'OK', didDeviceExist: true })
  t.equal(mails(app, alice).length, 2)
  t.match(mails(app, alice).join(), /einen zweiten Faktor entfernt/)
})

t.test('an account that adds one after the other has itself told once an hour', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  const secret = await enrolTotp(app, alice)
  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  t.equal(mails(app, alice).length, 1)
  clock.pass(3601)
  await alice.session.inject({ method: 'POST', url: '/auth/session/refresh' })
  await alice.session.inject({ method: 'POST', url: '/auth/totp/verify', payload: { totp: await currentTotp(secret) } })
  await enrolTotp(app, alice)
  await app.twoFactor.delivered()
  t.equal(mails(app, alice).length, 2)
})
