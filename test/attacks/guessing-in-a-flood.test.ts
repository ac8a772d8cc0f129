import Fastify from 'fastify'
import t from 'tap'
import { service } from '../../src/app.js'
import { CORE_OVERLOADED } from '../../src/embedded-core/errors.js'
import type { HashQueue } from '../../src/embedded-core/hash-queue.js'
import { signUp } from '../../src/testing/index.js'
import { coreOverHttp } from '../embedded-core/over-http.js'

// A flood keeps the Core so busy that every other password is refused.
let isFlooded = false
let hashed = 0
const hashing: HashQueue = {
  async run (_job, work) {
    if (isFlooded && hashed++ % 2 === 1) throw Object.assign(new CORE_OVERLOADED(), { retryAfter: 1, isNew: false })
    return await work()
  }
}
const connectionURI = await coreOverHttp(hashing)

t.test('attack: a guess that the Core has found wrong counts, though nothing more can be asked of it', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { core: { connectionURI }, maxEventLoopDelay: 0, limits: { signIn: { refusalTime: 0 } } })
  await app.ready()

  // Either the decoy is refused, or the password as it was typed, after it was found wrong in its normal form.
  for (const [index, guessOf] of [(guess: number) => `wrong horse ${guess}`, (guess: number) => `wrong ho\u0308rse ${guess}`].entries()) {
    const alice = await signUp(app)
    const signIn = async (password: string) => (await app.inject({
      method: 'POST', url: '/auth/signin', remoteAddress: `198.51.100.${index}`, payload: { formFields: [{ id: 'email', value: alice.email }, { id: 'password', value: password }] }
    })).json<{ status?: string, code?: string }>()

    // The first wrong password makes the decoy.
    await signIn(guessOf(0))
    isFlooded = true
    const answers: Array<string | undefined> = []
    for (let guess = 1; guess < 50; guess++) {
      hashed = 0
      const { status, code } = await signIn(guessOf(guess))
      answers.push(code ?? status)
    }
    isFlooded = false
    t.equal(answers[0], 'AUTH_OVERLOADED')
    t.ok(answers.filter((one) => one === 'AUTH_OVERLOADED').length < 20, answers.join())
    t.match(await signIn(alice.password), { status: 'GENERAL_ERROR', message: /^Too many wrong passwords/ }, 'the right one is not even tried')
  }
})
