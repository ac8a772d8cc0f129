import t from 'tap'
import { advance, resetClock, signInWithSecondFactor } from '../../src/testing/index.js'
import { buildPages, codeFor, visit } from './visit.js'

t.teardown(resetClock)
const app = await buildPages(t, { antiCsrf: 'VIA_TOKEN', tokenTransferMethod: 'cookie' })

async function signIn () {
  const user = await signInWithSecondFactor(app)
  const person = visit(app)
  await person.open('/auth?redirect=%2Fsessioninfo')
  await person.press('Sign in', { email: user.email, password: user.password })
  return { person, ...user }
}

t.test('a form that is sent after the access token has expired arrives with its fields', async (t) => {
  const { person, phoneNumber } = await signIn()
  const code = codeFor(app, phoneNumber)
  advance('61m')
  await person.press('Continue', { code })
  t.match(person.shown, { status: 422, text: /This code (?:does not work any more|is too old)/ }, 'the code came through, an hour late')
  await person.press('Send it again')
  await person.press('Continue', { code: codeFor(app, phoneNumber) })
  t.match(person.shown, { status: 200, url: '/sessioninfo' })
})

t.test('a page that is opened then shows the same as before', async (t) => {
  const { person, phoneNumber } = await signIn()
  await person.press('Continue', { code: codeFor(app, phoneNumber) })
  advance('61m')
  await person.open('/auth?redirect=%2Fhealth')
  t.match(person.shown, { status: 200, url: '/health' })
})

t.test('a session that has ended leads to the sign-in, and where the person wanted to go is kept', async (t) => {
  const { person } = await signIn()
  advance('2500h')
  await person.press('Send it again')
  t.match(person.shown, { status: 200, url: '/auth?redirect=%2Fsessioninfo', title: 'Sign in' })
  t.notOk(person.jar.has('sAccessToken'))
})

t.test('a session that was ended elsewhere leads to the sign-in', async (t) => {
  const { person, session, phoneNumber } = await signIn()
  const code = codeFor(app, phoneNumber)
  await session.inject({ method: 'POST', url: '/auth/account/sessions/end', payload: { others: true } })
  await person.press('Continue', { code })
  t.match(person.shown, { url: /^\/auth(\?|$)/, title: 'Sign in' })
})

t.test('signing out works, and needs a form', async (t) => {
  const { person, phoneNumber } = await signIn()
  await person.open('/auth/sign-out')
  t.equal(person.shown.status, 404)
  await person.open('/auth/second-factor/sms')
  await person.press('Sign out')
  t.match(person.shown, { title: 'Sign in' })
  t.notOk(person.jar.has('sAccessToken'))
  t.ok(codeFor(app, phoneNumber))
})

t.test('the path of the refresh leads to pages only, and never round in circles', async (t) => {
  const { person } = await signIn()
  for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', '/auth/..//evil.example', '/auth/../me', '/authx', 'javascript:alert(1)', '', '/me']) {
    await person.open(`/auth/session/refresh/page?to=${encodeURIComponent(to)}`)
    t.match(person.shown.url, /^\/auth\/second-factor/, to)
  }
  for (const tries of ['-1000000', 'x', '10', '99999999999', '1e400']) {
    await person.open(`/auth/session/refresh/page?to=${encodeURIComponent(`/auth/second-factor?tries=${tries}`)}`)
    t.equal(person.shown.status, 200, tries)
  }
  const nobody = visit(app)
  await nobody.open('/auth/session/refresh/page?to=%2Fauth%3Fredirect%3D%252Fme')
  t.match(nobody.shown, { url: '/auth?redirect=%2Fme', title: 'Sign in' })
})

/** As another replica does: this process does not learn of it, and the token still looks like a session. */
async function endInCore (sessionHandle: string): Promise<void> {
  const { core } = app.twoFactor
  await core.fetch(`${core.connectionURI}/recipe/session/remove`, {
    method: 'POST',
    headers: { 'cdi-version': '5.4', 'content-type': 'application/json', ...(core.apiKey !== undefined && { 'api-key': core.apiKey }) },
    body: JSON.stringify({ sessionHandles: [sessionHandle] })
  })
}

const handleOf = (token: string): string => (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sessionHandle: string }).sessionHandle

t.test('a session that another replica has ended leads to the sign-in, from every page, and not round in circles', async (t) => {
  for (const [path, passes] of [['/auth/security', true], ['/auth/security/phone', true], ['/auth/security/email', true], ['/auth/second-factor', false], ['/auth', false]] as const) {
    const { person, phoneNumber } = await signIn()
    if (passes) await person.press('Continue', { code: codeFor(app, phoneNumber) })
    await endInCore(handleOf(person.jar.get('sAccessToken')!.value))
    await person.open(path)
    t.match(person.shown, { status: 200, title: 'Sign in' }, path)
    t.notOk(person.jar.has('sAccessToken'), 'the cookies are gone')
  }
})

t.test('so does a form that was open before', async (t) => {
  const { person, phoneNumber } = await signIn()
  await endInCore(handleOf(person.jar.get('sAccessToken')!.value))
  await person.press('Continue', { code: codeFor(app, phoneNumber) })
  t.match(person.shown, { status: 200, url: '/auth?redirect=%2Fsessioninfo', title: 'Sign in' })
})
