import { setImmediate as nextTurn } from 'node:timers/promises'
import { build as bundle } from 'esbuild'
import Fastify, { type FastifyRequest } from 'fastify'
import t from 'tap'
import { fastify2fa, require2FA } from '../../src/index.js'
import { stepUp, type Challenge, type StepUpOptions } from '../../src/step-up/index.js'
import { advance, passSecondFactor, resetClock, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { pathTo } from '../root.js'
import { fetchOf, type Sent } from './inject-fetch.js'

t.teardown(() => { resetClock() })
const app = Fastify({ logger: false })
t.teardown(() => app.close())
await app.register(fastify2fa, { ...(await testCore()).options, secondFactors: ['sms', 'totp'], limits: { sends: false, signUps: false } })
const echo = async ({ method, body, headers }: FastifyRequest) => ({ method, body, header: headers['x-own'] })
app.all('/orders', { preHandler: require2FA }, echo)
app.all('/payout', { preHandler: require2FA, config: { secondFactor: { maxAge: '5m' } } }, echo)
app.get('/keys', { preHandler: require2FA, config: { secondFactor: { factors: ['totp'] } } }, echo)
app.get('/admin', { preHandler: require2FA, config: { secondFactor: { roles: ['admin'] } } }, echo)
await app.ready()

/** Somebody whose second factor was passed an hour ago, and what is asked of them. */
async function someone (answer: () => boolean | Promise<boolean> = () => true) {
  const user = await signInWithSecondFactor(app, { transferMethod: 'header' })
  advance('10m')
  const asked: Challenge[] = []
  const sent: Sent[] = []
  const ask: StepUpOptions['ask'] = async ({ signal, ...challenge }) => {
    asked.push(challenge)
    signal.throwIfAborted()
    const passed = await answer()
    if (passed) await passSecondFactor(app, user)
    return passed
  }
  return { user, asked, sent, ask, fetch: stepUp(fetchOf(user.session, sent), { ask }) }
}

const EXPIRED = { reason: 'expired', claim: '2fa-completed', maxAge: 300, factors: undefined }
const json = { 'content-type': 'application/json' }

t.test('a factor that is too old is asked for, and the request is repeated as it was', async (t) => {
  const { fetch, asked, sent } = await someone()
  const response = await fetch('/payout', { method: 'PUT', body: '{"amount":5}', headers: { ...json, 'x-own': 'yes' } })
  t.strictSame([response.status, await response.json()], [200, { method: 'PUT', body: { amount: 5 }, header: 'yes' }])
  t.strictSame(asked, [EXPIRED])
  t.equal(sent.length, 2)
  t.strictSame((await fetch('/payout')).status, 200)
  t.strictSame([asked.length, sent.length], [1, 3], 'and is young enough from then on')
})

t.test('a factor that is missing is asked for', async (t) => {
  const user = await signUp(app, { transferMethod: 'header' })
  const asked: Challenge[] = []
  const fetch = stepUp(fetchOf(user.session), {
    async ask ({ signal, ...challenge }) {
      asked.push(challenge)
      await passSecondFactor(app, user)
      return true
    }
  })
  t.equal((await fetch('/orders')).status, 200)
  t.strictSame(asked, [{ reason: 'missing', claim: '2fa-completed', maxAge: undefined, factors: undefined }])
})

t.test('bodies that can be read only once are sent twice', async (t) => {
  const bytes = '{"amount":7}'
  const stream = () => new Blob([bytes]).stream() as ReadableStream
  const requests: Record<string, () => Parameters<typeof fetch>> = {
    'a Request': () => [new Request('http://localhost:3000/payout', { method: 'POST', body: bytes, headers: json })],
    'a Request with a stream': () => [new Request('http://localhost:3000/payout', { method: 'POST', body: stream(), headers: json, duplex: 'half' } as RequestInit)],
    'a stream': () => ['/payout', { method: 'POST', body: stream(), headers: json, duplex: 'half' } as RequestInit]
  }
  for (const [name, make] of Object.entries(requests)) {
    const { fetch, sent } = await someone()
    const response = await fetch(...make())
    t.strictSame([response.status, sent.map(({ method, body }) => [method, body])], [200, [['POST', bytes], ['POST', bytes]]], name)
  }
})

t.test('who declines gets the refusal, and nothing is repeated', async (t) => {
  const { fetch, asked, sent } = await someone(() => false)
  const response = await fetch('/payout', { method: 'POST', body: '{}', headers: json })
  t.match([response.status, await response.json()], [403, { message: 'invalid claim', claimValidationErrors: [{ reason: { message: 'expired' } }] }])
  t.strictSame([asked.length, sent.length], [1, 1])
  t.equal((await fetch('/payout')).status, 403)
  t.equal(asked.length, 2, 'the next request asks again')
})

t.test('a request is repeated once: who says that the factor has passed, and it has not, gets the refusal', async (t) => {
  const { user, sent } = await someone()
  const fetch = stepUp(fetchOf(user.session, sent), { ask: () => true })
  t.equal((await fetch('/payout')).status, 403)
  t.equal(sent.length, 2)
})

t.test('parallel requests share one prompt, also those whose refusal comes after it', async (t) => {
  const { user, ask, asked, sent } = await someone()
  const plain = fetchOf(user.session, sent)
  let arrive = (): void => {}
  const isLate = new Promise<void>((resolve) => { arrive = resolve })
  let count = 0
  const fetch = stepUp(async (input, init) => {
    const isFirst = ++count === 1
    const response = await plain(input, init)
    // The first answer arrives when everything else is over.
    if (isFirst) await isLate
    return response
  }, { ask })
  const slow = fetch('/payout')
  const statuses = await Promise.all(['POST', 'PUT', 'GET', 'DELETE'].map(async (method) => (await fetch('/payout', { method })).status))
  arrive()
  t.strictSame([...statuses, (await slow).status], [200, 200, 200, 200, 200])
  t.strictSame([asked.length, sent.length], [1, 10])
})

t.test('prompts for different factors come one after the other', async (t) => {
  let open = 0
  const answers: number[] = []
  const { user, ask, asked, sent } = await someone(async () => {
    t.equal(++open, 1)
    while (answers.length < 4) await nextTurn()
    open--
    return false
  })
  const plain = fetchOf(user.session, sent)
  const fetch = stepUp(async (input, init) => {
    const response = await plain(input, init)
    answers.push(response.status)
    return response
  }, { ask })
  const statuses = await Promise.all(['/payout', '/keys', '/keys', '/payout'].map(async (path) => (await fetch(path)).status))
  t.strictSame(statuses, [403, 403, 403, 403])
  const byReason = asked.toSorted((one, other) => one.reason.localeCompare(other.reason))
  t.strictSame(byReason, [EXPIRED, { reason: 'factor', claim: '2fa-completed', maxAge: undefined, factors: ['totp'] }], 'who has no such app may have another factor')
})

t.test('a factor that one route has asked for is young enough for the others', async (t) => {
  const asked: string[] = []
  let isFresh = false
  let pass = (_passed: boolean): void => {}
  const refusals: Record<string, object> = {
    '/keys': { message: 'wrong factor', acrValues: ['urn:fastify-2fa:totp'] },
    '/payout': { message: 'expired', maxAgeInSeconds: 300 }
  }
  const refuse = (path: string) => Response.json({ claimValidationErrors: [{ id: '2fa-completed', reason: refusals[path] }] }, { status: 403 })
  let opened = (): void => {}
  const isOpen = new Promise<void>((resolve) => { opened = resolve })
  const fetch = stepUp(async (input) => isFresh ? new Response('in') : refuse(String(input)), {
    ask: async ({ reason }) => {
      asked.push(reason)
      opened()
      return await new Promise((resolve) => { pass = resolve })
    }
  })
  const keys = fetch('/keys')
  await isOpen
  const payout = fetch('/payout')
  await nextTurn()
  isFresh = true
  pass(true)
  t.strictSame([(await keys).status, (await payout).status, asked], [200, 200, ['factor']])
})

t.test('a request that is aborted leaves the prompt to the others, and the last one ends it', async (t) => {
  const refused = async () => Response.json({ claimValidationErrors: [{ id: '2fa-completed' }] }, { status: 403 })
  const signals: AbortSignal[] = []
  const prompts: Array<(passed: boolean) => void> = []
  let sent = 0
  const fetch = stepUp(async () => { sent++; return await refused() }, {
    ask: async ({ signal }) => await new Promise((resolve) => { signals.push(signal); prompts.push(resolve) })
  })
  /** Sends a request that can be aborted, and resolves when it waits for the prompt. */
  async function sendAndWait () {
    const controller = new AbortController()
    const { signal } = controller
    const isWaiting = new Promise<void>((resolve) => {
      signal.addEventListener = (...listener: Parameters<AbortSignal['addEventListener']>) => {
        AbortSignal.prototype.addEventListener.apply(signal, listener)
        resolve()
      }
    })
    const response = fetch('/', { signal })
    await isWaiting
    return { controller, response }
  }
  const first = await sendAndWait()
  const second = await sendAndWait()
  first.controller.abort(new Error('left'))
  await t.rejects(first.response, { message: 'left' })
  t.strictSame(signals.map(({ aborted }) => aborted), [false])
  second.controller.abort()
  await t.rejects(second.response, { name: 'AbortError' })
  t.strictSame(signals.map(({ aborted }) => aborted), [true])
  t.equal(sent, 2, 'nothing is repeated')

  const third = await sendAndWait()
  prompts[0]!(true)
  await nextTurn()
  prompts[1]!(false)
  t.equal((await third.response).status, 403, 'a new request has a prompt of its own')

  const controller = new AbortController()
  const fourth = stepUp(refused, { ask: async () => { controller.abort(); return true } })(new Request('http://localhost:3000/', { signal: controller.signal }))
  await t.rejects(fourth, { name: 'AbortError' }, 'the signal of a Request')
  const tooLate = stepUp(refused, { ask: () => { throw new Error('asked') } })('/', { signal: AbortSignal.abort(new Error('gone')) })
  await t.rejects(tooLate, { message: 'gone' }, 'aborted when the refusal was there')
})

t.test('what becomes of a prompt that nobody waits for is no answer to a late refusal', async (t) => {
  const { user, ask } = await someone()
  const plain = fetchOf(user.session)
  let arrive = (): void => {}
  const isLate = new Promise<void>((resolve) => { arrive = resolve })
  const signals: AbortSignal[] = []
  let count = 0
  const fetch = stepUp(async (input, init) => {
    const isFirst = ++count === 1
    const response = await plain(input, init)
    if (isFirst) await isLate
    return response
  }, {
    async ask (challenge, plain) {
      signals.push(challenge.signal)
      if (signals.length > 1) return await ask(challenge, plain)
      return await new Promise((_resolve, reject) => { challenge.signal.addEventListener('abort', () => { reject(new Error('closed')) }) })
    }
  })
  const late = fetch('/payout')
  const abort = new AbortController()
  const left = fetch('/payout', { signal: abort.signal })
  while (signals[0] === undefined) await nextTurn()
  abort.abort(new Error('left'))
  await t.rejects(left, { message: 'left' })
  arrive()
  t.equal((await late).status, 200)
  t.equal(signals.length, 2)
})

t.test('a prompt that forgets to answer is a refusal, once for all', async (t) => {
  const { user, sent } = await someone()
  let count = 0
  const fetch = stepUp(fetchOf(user.session, sent), { ask: (async () => { count++ }) as unknown as StepUpOptions['ask'] })
  t.strictSame((await Promise.all([fetch('/payout'), fetch('/payout')])).map(({ status }) => status), [403, 403])
  t.strictSame([count, sent.length], [1, 2])
})

t.test('a prompt that fails is the error of all who wait, and the next request asks again', async (t) => {
  let fail = true
  const { fetch, asked, sent } = await someone(() => {
    if (fail) throw new Error('no dialog')
    return true
  })
  const outcomes = await Promise.allSettled([fetch('/payout'), fetch('/payout')])
  t.match(outcomes, [{ reason: { message: 'no dialog' } }, { reason: { message: 'no dialog' } }])
  t.equal(sent.length, 2)
  fail = false
  t.equal((await fetch('/payout')).status, 200)
  t.equal(asked.length, 2)
})

t.test('what a second factor does not help against is left alone', async (t) => {
  const { fetch, asked, user } = await someone()
  const response = await fetch('/admin')
  t.match([response.status, await response.json()], [403, { claimValidationErrors: [{ id: 'st-role' }] }])
  t.equal((await fetch('/nowhere')).status, 404)
  const others: Array<[number, string, string]> = [
    [403, '{"message":"no"}', 'application/json'],
    [403, 'not { json', 'application/json'],
    [403, '<html>', 'text/html'],
    [403, '{"claimValidationErrors":[{"id":"st-ev"},{"id":"2fa-completed"}]}', 'application/json'],
    [403, '{"claimValidationErrors":[{"id":"2fa-completed"},{"id":"st-role"}]}', 'application/json'],
    [403, '{"claimValidationErrors":"2fa-completed"}', 'application/json'],
    [403, 'null', 'application/json'],
    [200, '{"claimValidationErrors":[{"id":"2fa-completed"}]}', 'application/json'],
    [401, '{"claimValidationErrors":[{"id":"2fa-completed"}]}', 'application/json']
  ]
  for (const [status, body, type] of others) {
    const answer = await stepUp(async () => new Response(body, { status, headers: { 'content-type': type } }), { ask: () => { throw new Error('asked') } })('/')
    t.strictSame([answer.status, await answer.text()], [status, body])
  }
  t.strictSame(asked, [])
  t.equal((await user.session.inject('/orders')).statusCode, 200)
})

t.test('a service that knows nothing of SuperTokens asks as in RFC 9470', async (t) => {
  const challenges = {
    'Bearer error="insufficient_user_authentication", max_age="60", acr_values="urn:fastify-2fa:passkey urn:fastify-2fa:totp"': { reason: 'expired', claim: undefined, maxAge: 60, factors: ['passkey', 'totp'] },
    'Bearer error=insufficient_user_authentication, max_age=5': { reason: 'expired', claim: undefined, maxAge: 5, factors: undefined },
    'Bearer error="insufficient_user_authentication", acr_values="urn:fastify-2fa:sms"': { reason: 'factor', claim: undefined, maxAge: undefined, factors: ['sms'] },
    'Bearer error="insufficient_user_authentication"': { reason: 'missing', claim: undefined, maxAge: undefined, factors: undefined },
    'Bearer error="insufficient_scope"': undefined
  }
  for (const [header, expected] of Object.entries(challenges)) {
    const asked: unknown[] = []
    let count = 0
    const fetch = stepUp(async () => ++count === 1 ? new Response('', { status: 401, headers: { 'www-authenticate': header } }) : new Response('in'), {
      ask ({ signal, ...challenge }) { asked.push(challenge); return true }
    })
    t.equal((await fetch('/')).status, expected === undefined ? 401 : 200)
    t.strictSame(asked, expected === undefined ? [] : [expected], header)
  }
})

t.test('only the origins of a list may ask', async (t) => {
  const { user, ask, asked } = await someone()
  const fetch = stepUp(fetchOf(user.session), { ask, origins: ['https://api.shop.example'] })
  t.equal((await fetch('https://evil.example/payout')).status, 403)
  t.equal((await fetch(new URL('https://api.shop.example.evil.example/payout'))).status, 403)
  t.equal(asked.length, 0)
  t.equal((await fetch(new Request('https://api.shop.example/payout'))).status, 200)
})

t.test('the prompt gets the plain fetch, which waits for nobody', async (t) => {
  const { user } = await someone()
  const statuses: number[] = []
  const fetch = stepUp(fetchOf(user.session), {
    async ask (_challenge, plain) {
      statuses.push((await plain('/payout')).status)
      return false
    }
  })
  t.equal((await fetch('/payout')).status, 403)
  t.strictSame(statuses, [403])
})

t.test('it is one small module without dependencies', async (t) => {
  const { outputFiles, metafile } = await bundle({ entryPoints: [pathTo('src/step-up/index.ts')], bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', write: false, metafile: true })
  t.ok(outputFiles[0]!.contents.length <= 3072, `${outputFiles[0]!.contents.length} bytes`)
  t.ok(Object.keys(metafile.inputs).every((input) => input.includes('src/step-up/')), 'of this folder alone')
})
