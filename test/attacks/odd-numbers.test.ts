import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import type { SmsMessage } from '../../src/index.js'
import { newPhoneNumber, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

/** Two providers, of which the first does with each number what the test says. */
const [first, second]: [SmsMessage[], SmsMessage[]] = [[], []]
let faultOf: (to: string) => unknown = () => undefined
let secondIsDown = false

async function build (t: Test): Promise<FastifyInstance> {
  first.length = second.length = 0
  faultOf = () => undefined
  secondIsDown = false
  return await buildApp(t, {
    limits: { signIn: false, signUps: false, sends: { cooldown: 0, unansweredPerNetwork: 1000, unansweredPerRange: 1000, unansweredPerMillion: 1000, unansweredPerCountry: 1000, unansweredElsewhere: 1000 } },
    sms: [
      {
        name: 'first',
        async send (message) {
          const fault = faultOf(message.to)
          if (fault !== undefined) throw fault
          first.push(message)
        }
      },
      {
        name: 'second',
        async send (message) {
          if (secondIsDown) throw new Error('down')
          second.push(message)
        }
      }
    ]
  })
}

const ask = ({ session }: SignedInUser, phoneNumber: string): Promise<LightMyRequestResponse> => session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber } })
const resend = ({ session }: SignedInUser, challenge: object): Promise<LightMyRequestResponse> => session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload: challenge })
const consume = ({ session }: SignedInUser, { deviceId, preAuthSessionId }: Record<string, string>, userInputCode?: string): Promise<LightMyRequestResponse> =>
  session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { deviceId, preAuthSessionId, userInputCode } })
const status = (code: number): Error => Object.assign(new Error('x'), { status: code })

t.test('a person gets the code from the other provider, with the same answer as ever, and signs in with it', async (t) => {
  const app = await build(t)
  const usual = (await ask(await signUp(app), newPhoneNumber())).json()
  faultOf = () => status(503)
  const user = await signUp(app)
  const asked = await ask(user, user.phoneNumber)
  t.strictSame(Object.keys(asked.json()), Object.keys(usual))
  t.equal((await consume(user, asked.json(), second.at(-1)!.code)).json().status, 'OK')
})

t.test('a code that is asked for again comes from the other provider, and is the same', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const challenge = (await ask(user, user.phoneNumber)).json()
  t.equal((await resend(user, challenge)).json().status, 'OK')
  t.equal((await resend(user, challenge)).json().status, 'OK')
  t.strictSame([first.length, second.length], [2, 1])
  t.equal((await consume(user, challenge, first.at(-1)!.code)).json().status, 'OK')
})

t.test('where nobody takes a code, people are told as ever', async (t) => {
  const app = await build(t)
  faultOf = () => status(503)
  secondIsDown = true
  const refused = await ask(await signUp(app), newPhoneNumber())
  t.equal(refused.statusCode, 200)
  t.match(refused.json(), { status: /^(GENERAL_ERROR|SIGN_IN_UP_NOT_ALLOWED)$/, message: 'The code could not be sent. Please try again in a moment.' })
})

t.test('attack: numbers that make the provider fail stop nobody else\'s codes', async (t) => {
  const app = await build(t)
  secondIsDown = true
  const odd = '+447912345678'
  faultOf = (to) => to.startsWith('+44') ? status(504) : undefined
  for (let i = 0; i < 8; i++) {
    await ask(await signUp(app), odd)
    clock.pass(601)
  }
  faultOf = (to) => to === odd ? status(504) : undefined
  t.equal((await ask(await signUp(app), '+447912345679')).json().status, 'OK', 'the number counts once, even in its country')

  faultOf = (to) => to.startsWith('+44') ? status(504) : undefined
  for (let i = 0; i < 12; i++) await ask(await signUp(app), `+4479123451${10 + i}`)
  t.equal((await ask(await signUp(app), newPhoneNumber())).json().status, 'OK', 'many numbers of one country are none of another\'s business')
})

t.test('attack: a number that one provider refuses costs nothing at the others', async (t) => {
  const app = await build(t)
  faultOf = () => status(400)
  for (let i = 0; i < 3; i++) t.not((await ask(await signUp(app), newPhoneNumber())).json().status, 'OK')
  t.equal(second.length, 0)
})
