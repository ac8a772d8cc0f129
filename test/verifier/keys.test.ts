import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createVerifier } from '../../src/verifier/index.js'
import { newKey } from '../session/scripted-core.js'
import { accessToken, jwksOf, startVerifier } from './service.js'

const MINUTE = 60_000
const [OLD, NEW] = [newKey('d-old'), newKey('d-new')]

t.test('keys are asked for once, by however many requests', async (t) => {
  const service = startVerifier([OLD])
  const token = service.token(OLD)
  t.strictSame(await Promise.all(Array.from({ length: 20 }, () => service.statusOf(token))), Array(20).fill(200))
  t.equal(service.asked(), 1)
})

t.test('a new key is found by the first token that names it', async (t) => {
  const service = startVerifier([OLD])
  t.equal(await service.statusOf(service.token(OLD)), 200)
  service.publish(OLD, NEW)
  service.pass(5000)
  t.equal(await service.statusOf(service.token(NEW)), 200)
  t.equal(service.asked(), 2)
})

t.test('a key that was taken away opens nothing ten minutes later', async (t) => {
  const service = startVerifier([OLD])
  t.equal(await service.statusOf(service.token(OLD)), 200)
  service.publish(NEW)
  service.pass(10 * MINUTE)
  t.equal(await service.statusOf(service.token(OLD)), 401)
})

t.test('attack: tokens with made-up key ids make one question in five seconds', async (t) => {
  const service = startVerifier([OLD])
  t.equal(await service.statusOf(service.token(OLD)), 200)
  for (let i = 0; i < 40; i++) {
    service.pass(250)
    t.equal(await service.statusOf(service.token({ ...NEW, kid: `d-made-up-${i}` })), 401)
  }
  t.ok(service.asked() <= 3, `${service.asked()} questions in ten seconds`)
})

t.test('attack: while no keys are known and the service is down, requests make one question in five seconds', async (t) => {
  const service = startVerifier([OLD])
  service.answerWith(() => { throw new Error('down') })
  for (let i = 0; i < 40; i++) {
    service.pass(250)
    t.equal(await service.statusOf(service.token(OLD)), 503)
  }
  t.ok(service.asked() <= 3, `${service.asked()} questions in ten seconds`)
  service.publish(OLD)
  service.pass(5000)
  t.equal(await service.statusOf(service.token(OLD)), 200, 'and admits again by itself')
})

t.test('keys stay for four hours of an outage, and then nobody is admitted', async (t) => {
  const errors: Error[] = []
  const service = startVerifier([OLD], { onError: (error) => { errors.push(error) } })
  t.equal(await service.statusOf(service.token(OLD)), 200)
  service.answerWith(() => new Response('busy', { status: 500 }))
  service.pass(240 * MINUTE - 1)
  t.equal(await service.statusOf(service.token(OLD)), 200)
  service.pass(MINUTE)
  t.equal(await service.statusOf(service.token(OLD)), 503)
  t.match(errors, [{ message: 'no keys from https://auth.example.com/auth/jwt/jwks.json', cause: { message: 'status 500' } }, Error])
  const decision = await service.verifier.verifyRequest({ headers: { authorization: `Bearer ${service.token(OLD)}` } })
  t.match(decision, { admitted: false, status: 503, headers: { 'retry-after': '5' }, body: { code: 'AUTH_CORE_UNAVAILABLE', statusCode: 503 } })
})

t.test('how long keys stay in an outage is an option', async (t) => {
  const service = startVerifier([OLD], { staleKeysFor: '20m' })
  t.equal(await service.statusOf(service.token(OLD)), 200)
  service.answerWith(() => { throw new Error('down') })
  service.pass(20 * MINUTE)
  t.equal(await service.statusOf(service.token(OLD)), 503)
})

t.test('answers that name no key for access tokens take none away', async (t) => {
  const service = startVerifier([OLD])
  t.equal(await service.statusOf(service.token(OLD)), 200)
  const answers = [{ keys: [] }, { keys: 'none' }, null, [], { keys: [null, 5, { kty: 'RSA' }] }, { keys: [{ kty: 'oct', kid: 'd-old', k: 'c2VjcmV0' }] }, jwksOf({ ...OLD, kid: 's-old' })]
  for (const answer of answers) {
    service.answerWith(() => Response.json(answer))
    service.pass(11 * MINUTE)
    t.equal(await service.statusOf(service.token(OLD)), 200, JSON.stringify(answer).slice(0, 60))
  }
  service.answerWith(() => new Response('<html>'))
  service.pass(11 * MINUTE)
  t.equal(await service.statusOf(service.token(OLD)), 200)
})

/** A server in the service's place. */
async function listen (t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function statusWith (serviceUrl: string): Promise<{ status: number, cause: string }> {
  let cause = ''
  const { verifyRequest } = createVerifier({ serviceUrl, tokenTransferMethod: 'header', onError: (error) => { cause = String(error.cause) } })
  const decision = await verifyRequest({ headers: { authorization: `Bearer ${accessToken(OLD)}` } })
  return { status: decision.admitted ? 200 : decision.status, cause }
}

t.test('over HTTP', async (t) => {
  const good = await listen(t, (_request, response) => { response.end(JSON.stringify(jwksOf(OLD))) })
  t.strictSame(await statusWith(good), { status: 200, cause: '' })

  await t.test('attack: a redirect does not say who signs tokens', async (t) => {
    const redirecting = await listen(t, (_request, response) => { response.writeHead(302, { location: `${good}/auth/jwt/jwks.json` }).end() })
    t.equal((await statusWith(redirecting)).status, 503)
  })

  await t.test('attack: an answer without end is not kept', async (t) => {
    let sent = 0
    const endless = await listen(t, (_request, response) => {
      const more = (): void => { if (!response.destroyed && ++sent < 10_000) response.write('x'.repeat(16_384), more) }
      more()
    })
    t.match(await statusWith(endless), { status: 503, cause: /longer than 65536 bytes/ })
    t.ok(sent < 10_000, 'the connection was closed')
  })

  await t.test('a service that never answers holds no request longer than three seconds', async (t) => {
    const controller = new AbortController()
    const waited: number[] = []
    t.intercept(AbortSignal, 'timeout', { value (milliseconds: number) { waited.push(milliseconds); return controller.signal } })
    const silent = await listen(t, () => { controller.abort(new DOMException('three seconds are over', 'TimeoutError')) })
    t.match(await statusWith(silent), { status: 503, cause: /TimeoutError/ })
    t.strictSame(waited, [3000])
  })
})
