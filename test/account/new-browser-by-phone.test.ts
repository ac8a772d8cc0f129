import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { newPhoneNumber, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { CHROME, EDGE, enter, FIREFOX, newcomer, NEWER_FIREFOX } from './agents.js'
import { noticesTo } from './change.js'

const clock = stopClock()
const build = (t: Test) => buildApp(t, { firstFactor: 'phone-password', newBrowserNotices: true, limits: { sends: false, signIn: false, signUps: false } })

const told = (app: FastifyInstance, { phoneNumber }: SignedInUser): string[] => noticesTo(app, phoneNumber).map(({ body }) => body)

t.test('with phone + password, the owner is told by SMS, once in six hours', async (t) => {
  const app = await build(t)
  const phoneNumber = newPhoneNumber()
  const alice = await newcomer(app, { email: phoneNumber, phoneNumber, password: 'correct horse 1' }, FIREFOX)
  await enter(app, alice, NEWER_FIREFOX)
  t.strictSame(told(app, alice), [])
  await enter(app, alice, CHROME)
  t.match(noticesTo(app, phoneNumber), [{ channel: 'sms' }])
  t.match(told(app, alice), [/look at your sessions.*It was on .+ UTC\.\n\nThe browser called itself Chrome on Windows\.$/s])
  clock.pass(3601)
  await enter(app, alice, EDGE)
  t.equal(told(app, alice).length, 1)
  clock.pass(5 * 3600)
  await enter(app, alice, EDGE)
  t.match(told(app, alice)[1], /Microsoft Edge on macOS/)
})
