import { join } from 'node:path'
import t, { type Test } from 'tap'
import { UserRoles } from '../../src/supertokens/for-hosts.js'
import { passSecondFactor, signIn, signInWithSecondFactor, signUp, type TestSession } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { go, python, run, start } from './server.js'

t.test('Go: formatted, and the decision of every vector', async (t) => {
  t.equal(run(t, { ...go(), command: 'gofmt', args: ['-l', '.'] }), '')
  run(t, go('vet', './...'))
  t.match(run(t, go('test', '-count=1', '-v', './...')), /--- PASS: TestVectors/)
})

t.test('Python: the decision of every vector', async (t) => {
  run(t, python('-m', 'unittest', '-v'))
})

/** What a client sends with its requests. */
function credentials ({ transferMethod, cookies, tokens }: TestSession): Record<string, string> {
  return transferMethod === 'header' ? { authorization: `Bearer ${tokens.get('st-access-token')}` } : { cookie: `theme=dark; sAccessToken=${cookies.get('sAccessToken')}` }
}

/** The token that an answer hands out. */
function handedOut (headers: Headers): string | undefined {
  const cookie = headers.getSetCookie().find((one) => one.startsWith('sAccessToken='))
  return cookie === undefined ? headers.get('st-access-token') ?? undefined : /^sAccessToken=([^;]+)/.exec(cookie)![1]
}

async function testServer (t: Test, startAt: (service: string) => Promise<string>): Promise<void> {
  const app = await build(t, { antiCsrf: 'VIA_CUSTOM_HEADER', tokenTransferMethod: 'any' })
  const origin = await startAt(await app.listen({ port: 0, host: '127.0.0.1' }))
  async function ask (path: string, headers: Record<string, string> = {}, method = 'GET') {
    const response = await fetch(origin + path, { method, headers })
    return { status: response.status, headers: response.headers, body: await response.json() as object }
  }

  for (const transferMethod of ['header', 'cookie'] as const) {
    const unfinished = await signUp(app, { transferMethod })
    const refused = await ask('/orders', credentials(unfinished.session))
    t.match(refused, { status: 403, body: { message: 'invalid claim', claimValidationErrors: [{ id: '2fa-completed', reason: { message: 'wrong value' } }] } })
    t.match(refused.headers.get('www-authenticate'), /insufficient_user_authentication/)

    const { session, userId } = await signInWithSecondFactor(app, { transferMethod })
    t.match(await ask('/orders', credentials(session)), { status: 200, body: { user: userId } }, transferMethod)
    t.match(await ask('/payout', credentials(session)), { status: 200 })
    t.match(await ask('/admin', credentials(session)), { status: 403, body: { claimValidationErrors: [{ id: 'st-role' }] } })
    const [header, sent] = Object.entries(credentials(session))[0]!
    t.match(await ask('/orders', { [header]: `${sent.slice(0, -9)}${sent.at(-9) === 'x' ? 'y' : 'x'}${sent.slice(-8)}` }), { status: 401, body: { message: 'try refresh token' } }, 'a forged signature')

    t.equal((await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200)
    const first = await ask('/orders', credentials(session))
    t.match(first, { status: 200, body: { user: userId } }, 'the first token after a refresh')
    const confirmed = handedOut(first.headers)
    t.ok(confirmed, 'which the service has confirmed, with a new one')
    const later = await ask('/orders', transferMethod === 'header' ? { authorization: `Bearer ${confirmed}` } : { cookie: `sAccessToken=${confirmed}` })
    t.match(later, { status: 200 })
    t.equal(handedOut(later.headers), undefined, 'nobody is asked again')

    await session.inject({ method: 'POST', url: '/auth/session/refresh' })
    const copy = session.copy()
    await session.inject({ method: 'POST', url: '/auth/signout' })
    t.match(await ask('/orders', credentials(copy)), { status: 401 }, 'that of a session which has ended')
  }

  const { session } = await signInWithSecondFactor(app)
  const cookies = credentials(session)
  t.match(await ask('/orders', cookies, 'POST'), { status: 401, body: { message: 'try refresh token' } }, 'another website')
  t.match(await ask('/orders', { ...cookies, rid: 'anti-csrf' }, 'POST'), { status: 200 })
  t.match(await ask('/orders', { cookie: `${cookies.cookie}; sAccess%54oken=planted` }), { status: 401, body: { message: 'try refresh token' } }, 'cookie tossing')
  t.match(await ask('/orders'), { status: 401, body: { message: 'unauthorised' } })

  const admin = await signUp(app)
  await UserRoles.createNewRoleOrAddPermissions('admin', [])
  await UserRoles.addRoleToUser('public', admin.userId, 'admin')
  const again = await signIn(app, admin)
  await passSecondFactor(app, again)
  t.match(await ask('/admin', credentials(again.session)), { status: 200, body: { admin: true } })

  await session.inject({ method: 'POST', url: '/auth/session/refresh' })
  await app.close()
  t.match(await ask('/admin', credentials(again.session)), { status: 200 }, 'keys are kept while the service is down')
  t.match(await ask('/orders', credentials(session)), { status: 503 }, 'and nobody is told to sign in again')
}

t.test('Go: a server behind a running service', async (t) => {
  const program = join(t.testdir(), 'orders')
  run(t, go('build', '-o', program, '.'))
  await testServer(t, async (service) => await start(t, { ...go(), command: program }, { AUTH_SERVICE: service }))
})

t.test('Python: a server behind a running service', async (t) => {
  await testServer(t, async (service) => await start(t, python('app.py'), { AUTH_SERVICE: service }))
})
