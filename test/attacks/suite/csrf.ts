import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import type { Fastify2faOptions } from '../../../src/index.js'
import { newPhoneNumber, requestCode } from '../../../src/testing/index.js'
import { testCore } from '../../helper.js'
import { accessTokenOf, buildHost, createClient, fields, finishedUser, isIn, post } from './clients.js'

const ORIGINS = [undefined, 'https://evil.example', 'null', 'https://evil.app.example.com.evil.example']

export interface Csrf {
  options: Fastify2faOptions
  /** The website that Alice uses. */
  origin: string
  /** What another site may send with her cookies all the same. */
  forged?: Record<string, string>
  /** Whether refreshing is refused too: what it answers stays in her browser, whoever asked. */
  refuseRefresh: boolean
}

/** Another site sends requests, and Alice's browser adds her cookies (`SameSite=None`, or an older browser). */
export function runCsrfSuite (t: Test, { options, origin, forged = {}, refuseRefresh }: Csrf): void {
  t.test('another site sends requests with Alice\'s cookies', async (t) => {
    const { app } = await buildHost(t, { ...(await testCore()).options, ...options })
    const [alice, mallory] = [await finishedUser(app), await finishedUser(app)]
    const session = createClient(app)
    t.equal((await post(session, '/auth/signin', fields(alice.email), { origin })).json().status, 'OK')
    const first = await requestCode(app, { ...alice, session })
    t.equal((await post(session, '/auth/signinup/code/consume', first, { origin })).json().status, 'OK')
    const challenge = await requestCode(app, { ...alice, session })
    t.ok(await isIn(session))

    const cookie = [...session.cookies].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ')
    const before = [accessTokenOf(session), app.twoFactor.outbox.last()]
    const token = mallory.session.tokens.get('anti-csrf')
    const send = async (method: string, url: string, payload: object, headers: object): Promise<LightMyRequestResponse> =>
      await app.inject({ method, url, headers: { cookie, ...forged, ...headers }, ...(method !== 'HEAD' && { payload }) } as never)
    const requests: Array<[string, string, object]> = [
      ['POST', '/auth/signinup/code', { phoneNumber: alice.phoneNumber }], ['POST', '/auth/signinup/code', {}], ['POST', '/auth/signinup/code', { phoneNumber: newPhoneNumber() }], ['POST', '/auth/signinup/code/resend', challenge],
      ['POST', '/auth/signinup/code/consume', challenge], ['POST', '/auth/public/signinup/code/consume', challenge], ['POST', '/auth/signout', {}], ['POST', '/auth/public/signout', {}], ['POST', '/auth/account/sessions/end', { others: true }],
      ['POST', '/host/state', {}], ['POST', '/host/payload', { a: 1 }], ['POST', '/host/data', { a: 1 }],
      ...['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'].map((method): [string, string, object] => [method, '/host/any', {}]),
      ...(refuseRefresh ? [['POST', '/auth/session/refresh', {}] as [string, string, object]] : [])
    ]
    for (const [method, url, payload] of requests) {
      for (const from of ORIGINS) {
        for (const guess of [undefined, '', 'x', ...(token === undefined ? [] : [token])]) {
          const headers = { ...(from !== undefined && { origin: from }), ...(guess !== undefined && { 'anti-csrf': guess }) }
          const { statusCode, body } = await send(method, url, payload, headers)
          t.equal(statusCode, 401, `${method} ${url} ${JSON.stringify(headers)}: ${body}`)
        }
      }
    }
    t.same([accessTokenOf(session), app.twoFactor.outbox.last()], before, 'nothing was sent')
    t.ok(await isIn(session), 'she is still signed in')
    t.equal((await post(session, '/host/state', {}, { origin })).statusCode, 200, 'and her own website works')
    t.equal((await post(session, '/auth/signinup/code/consume', challenge, { origin })).json().status, 'OK', 'and nothing was spent')
    t.equal((await post(session, '/auth/session/refresh', {}, { origin })).statusCode, 200)
    t.equal((await post(session, '/auth/signout', {}, { origin })).json().status, 'OK')
  })
}
