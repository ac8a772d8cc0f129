import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

const forget = (app: FastifyInstance, value: string, remoteAddress: string) =>
  app.inject({ method: 'POST', url: '/auth/user/password/reset/token', remoteAddress, payload: { formFields: [{ id: 'email', value }] } })

t.test('attack: reset links to numbers that nobody has proved spend no more than codes do, and owners still get theirs', async (t) => {
  const app = await build(t, {
    firstFactor: 'phone-password',
    passwordReset: true,
    limits: {
      signIn: false,
      signUps: false,
      sends: { unansweredPerNetwork: 10_000, unansweredPerRange: 10_000, unansweredPerMillion: 10_000, unansweredPerCountry: 10_000, unansweredElsewhere: 10_000 },
      spend: { prices: { default: 0.1 }, perDay: 1 }
    }
  })
  const owner = await signInWithSecondFactor(app, { phoneNumber: '+12125550123' })
  clock.pass(86_400)
  app.twoFactor.outbox.clear()
  for (let i = 0; i < 12; i++) {
    const phoneNumber = `+1212555${1000 + i}`
    await signUp(app, { phoneNumber })
    t.same((await forget(app, phoneNumber, `203.0.113.${i}`)).json(), { status: 'OK' }, 'nobody is told')
  }
  t.equal(app.twoFactor.outbox.entries().length, 8)
  await forget(app, owner.phoneNumber, '203.0.113.99')
  t.ok(app.twoFactor.outbox.last(owner.phoneNumber)?.link, 'the owner gets a link')
})
