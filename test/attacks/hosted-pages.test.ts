import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { WITHOUT_QUERY } from '../../src/without-query.js'
import { newPhoneNumber, signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { codeFor, linkTo, ORIGIN, visit } from '../hosted-pages/visit.js'

/** Every route of the pages, and what it shows to somebody without a session: a page of its own, or the sign-in. */
const ROUTES: Record<string, string> = {
  'GET /auth': 'Sign in',
  'POST /auth': 'Sign in',
  'GET /auth/sign-up': 'Create an account',
  'POST /auth/sign-up': 'Create an account',
  'POST /auth/sign-out': 'Sign in',
  'POST /auth/passkey': 'Sign in',
  'POST /auth/passkey/options': '',
  'POST /auth/with/:provider': 'One moment',
  'GET /auth/callback/:provider': 'This did not work',
  'GET /auth/reset-password': 'Choose a new password',
  'POST /auth/reset-password': 'Choose a new password',
  'POST /auth/reset-password/choose': 'Choose a new password',
  'GET /auth/verify-email': 'Sign in',
  'POST /auth/verify-email': 'Sign in',
  'POST /auth/verify-email/confirm': 'Confirm your address',
  'GET /auth/verify': 'Second factor',
  'POST /auth/verify': 'This did not work',
  'GET /auth/second-factor': 'Sign in',
  'GET /auth/second-factor/sms': 'Sign in',
  'POST /auth/second-factor/sms': 'Sign in',
  'POST /auth/second-factor/sms/send': 'Sign in',
  'POST /auth/second-factor/sms/resend': 'Sign in',
  'GET /auth/second-factor/email': 'Sign in',
  'POST /auth/second-factor/email': 'Sign in',
  'POST /auth/second-factor/email/send': 'Sign in',
  'POST /auth/second-factor/email/resend': 'Sign in',
  'GET /auth/second-factor/totp': 'Sign in',
  'POST /auth/second-factor/totp': 'Sign in',
  'POST /auth/second-factor/totp/set-up': 'Sign in',
  'POST /auth/second-factor/totp/confirm': 'Sign in',
  'GET /auth/second-factor/passkey': 'Sign in',
  'POST /auth/second-factor/passkey': 'Sign in',
  'POST /auth/second-factor/passkey/options': '',
  'POST /auth/second-factor/passkey/set-up': 'Sign in',
  'POST /auth/second-factor/passkey/set-up/options': '',
  'GET /auth/second-factor/recovery-codes': 'Sign in',
  'POST /auth/second-factor/recovery-codes': 'Sign in',
  'GET /auth/second-factor/recovery-codes/used': 'Sign in',
  'POST /auth/second-factor/recovery-codes/kept': 'Sign in',
  'GET /auth/recover': 'Sign in',
  'POST /auth/recover': 'Sign in',
  'POST /auth/recover/send': 'Sign in',
  'GET /auth/session/refresh/page': 'Sign in',
  'POST /auth/session/refresh/page': 'Sign in'
}

const NAME = '<b>Shop</b> & "Co"'
const PAYLOAD = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'`'

const found: string[] = []
const app: FastifyInstance = Fastify({ logger: false })
app.addHook('onRoute', ({ url, method, logSerializers }) => {
  if ((logSerializers as typeof WITHOUT_QUERY | undefined)?.req === WITHOUT_QUERY.req && !url.endsWith('/account/contest')) found.push(...[method].flat().filter((one) => one !== 'HEAD').map((one) => `${one} ${url}`))
})
await app.register(service, {
  ...(await testCore()).options,
  maxEventLoopDelay: 0,
  appInfo: { appName: NAME, apiDomain: ORIGIN, websiteDomains: [ORIGIN] },
  secondFactors: ['sms', 'email', 'totp', 'passkey'],
  oneMailboxForBothFactors: true,
  passkeySignIn: true,
  accountRecovery: true,
  factorKeys: ['f'.repeat(32)],
  thirdPartyProviders: [{ config: { thirdPartyId: 'github', clients: [{ clientId: 'a', clientSecret: 'b' }] } }],
  hostedPages: { redirects: ['https://app.example.com', 'https://*.apps.example.com'] }
})
await app.ready()
t.teardown(() => app.close())

const address = (route: string): string => route.split(' ')[1]!.replace(':provider', 'github')
const FORM = { email: PAYLOAD, password: PAYLOAD, token: PAYLOAD, contact: PAYLOAD, code: PAYLOAD, credential: PAYLOAD, deviceName: PAYLOAD, uri: `otpauth://totp/${PAYLOAD}?secret=AAAA`, linkCode: PAYLOAD, preAuthSessionId: PAYLOAD }
const form = (fields: Record<string, string>): Pick<InjectOptions, 'payload'> => ({ payload: new URLSearchParams(fields).toString() })
const OWN = { origin: ORIGIN, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }

async function signIn (redirect: string, raw = false) {
  const { email, password, phoneNumber } = await signInWithSecondFactor(app)
  const person = visit(app)
  await person.open(`/auth?redirect=${raw ? redirect : encodeURIComponent(redirect)}`)
  await person.press('Sign in', { email, password })
  await person.press('Continue', { code: codeFor(app, phoneNumber) })
  return person
}

t.test('every page is listed, and shows nothing to whoever has no session', async (t) => {
  t.strictSame(found.filter((route) => !route.includes('/security')).sort(), Object.keys(ROUTES).sort())
  for (const [route, title] of Object.entries(ROUTES)) {
    const nobody = visit(app)
    const path = route.includes('refresh/page') ? '/auth/session/refresh/page?to=%2Fauth%2Fsecond-factor' : address(route)
    if (route.startsWith('GET')) await nobody.open(path)
    else await nobody.post(path, { token: 'x', uri: FORM.uri, deviceName: 'x', code: '123456', credential: '{"id":"x"}' })
    t.equal(nobody.shown.title, title, route)
    t.ok(nobody.shown.status < 500, `${route} ${nobody.shown.status}`)
    t.notOk(nobody.jar.has('sAccessToken'), route)
  }
})

t.test('a form of another website is refused on every page, before anything happens', async (t) => {
  const { email, password } = await signInWithSecondFactor(app)
  const before = app.twoFactor.outbox.entries().length
  const foreign: Array<Record<string, string>> = [
    {}, { origin: 'null' }, { origin: 'https://evil.example' }, { origin: 'http://localhost:3001' }, { origin: 'http://evil.localhost:3000' }, { origin: 'https://localhost:3000' }, { origin: `${ORIGIN}.evil.example` },
    { origin: ORIGIN, 'sec-fetch-site': 'same-site' }, { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }, { origin: ORIGIN, 'sec-fetch-site': 'none' }, { referer: `${ORIGIN}/auth`, 'sec-fetch-site': 'same-origin' }
  ]
  for (const route of found.filter((one) => one.startsWith('POST'))) {
    for (const headers of foreign) {
      const response = await app.inject({ method: 'POST', url: address(route), headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, ...form({ email, password, contact: newPhoneNumber() }) })
      t.match(response, { statusCode: 403, headers: { 'content-security-policy': /frame-ancestors 'none'/ } }, `${route} ${JSON.stringify(headers)}`)
      t.match(response.body, 'This form did not come from this page')
      t.equal(response.headers['set-cookie'], undefined, 'nobody is signed in or out (login CSRF)')
    }
  }
  t.equal(app.twoFactor.outbox.entries().length, before, 'nothing is sent')
})

t.test('nobody is led to a place that was not configured', async (t) => {
  const hostile = [
    'https://evil.example', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '\\/evil.example', '/\t/evil.example', '\t//evil.example', '/\n/evil.example', 'https:evil.example', 'https:/evil.example',
    'javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'blob:http://localhost:3000/x', 'ftp://localhost:3000/', `${ORIGIN}@evil.example`, 'http://user@localhost:3000/', 'http://localhost:3000:80@evil.example/',
    '/x/..//evil.example', '/.//evil.example', '/%2e%2e//evil.example', `${ORIGIN}//evil.example`, `${ORIGIN}/\\evil.example`,
    'https://evilapps.example.com', 'https://apps.example.com', 'https://x.apps.example.com.evil.example', 'https://apps.example.com.evil.example', 'http://x.apps.example.com', 'https://x.apps.example.com:8443', 'https://app.example.com.evil.example',
    'https://app.example.com@evil.example', 'http://app.example.com', 'https://app.example.com:444', `/${'a'.repeat(3000)}`
  ]
  const nobody = visit(app)
  for (const redirect of hostile) {
    await nobody.open(`/auth?redirect=${encodeURIComponent(redirect)}`)
    t.equal(nobody.shown.status, 200, redirect)
    const links = nobody.shown.document.querySelectorAll('[href], [action]').map((one) => one.getAttribute('href') ?? one.getAttribute('action') ?? '')
    t.notOk(links.some((link) => /redirect=/.test(link)), redirect)
  }
  // The same to the end, for some of each kind.
  for (const redirect of ['//evil.example', '/\\evil.example', '/x/..//evil.example', 'https://x.apps.example.com.evil.example', 'javascript:alert(1)']) {
    t.equal((await signIn(redirect)).shown.url, '/auth/security', redirect)
  }
  t.equal((await signIn('https%3A%2F%2Fapp.example.com&redirect=https%3A%2F%2Fevil.example', true)).shown.url, '/auth/security', 'twice')
  t.equal((await signIn('%252F%252Fevil.example', true)).shown.url, '/%2F%2Fevil.example', 'encoded twice is a path')
  t.equal((await signIn('https://x.y.apps.example.com/a?b#c')).shown.url, 'https://x.y.apps.example.com/a?b#c')
  t.equal((await signIn('https://app.example.com/')).shown.url, 'https://app.example.com/')
})

t.test('a line end in an address splits no header', async (t) => {
  const person = await signIn('/x\r\nset-cookie: a=b\r\n\r\n<script>')
  t.match(person.shown.url, /^\/xset-cookie:%20a=b%3Cscript%3E$/)
  t.notOk(person.jar.has('a'))
})

/** Scripts are files of ours, nothing has a handler, and no text became markup. */
function assertHarmless (t: Test, { document, status, headers }: ReturnType<typeof visit>['shown'], name: string): void {
  t.ok(status < 500, `${name} ${status}`)
  if (!String(headers['content-type']).includes('html')) return
  const html = document.toString()
  t.notOk(html.includes('<script>'), name)
  t.notOk(html.includes('<b>Shop</b>'), name)
  t.notMatch(html, /<[^>]+ on\w+=/, name)
  for (const script of document.querySelectorAll('script')) t.match(script.getAttribute('src'), /^\/auth\/assets\//, name)
  t.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self';.* frame-ancestors 'none'/, name)
  t.match(headers, { 'x-frame-options': 'DENY', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' }, name)
}

t.test('no text of a stranger becomes markup, before, between and after the factors', async (t) => {
  const query = new URLSearchParams(Object.fromEntries(['redirect', 'done', 'sent', 'left', 'token', 'state', 'code', 'error', 'error_description', 'preAuthSessionId', 'other', 'once-more', 'to', 'tries'].map((name) => [name, PAYLOAD])))
  const first = visit(app)
  await first.open('/auth/sign-up')
  await first.press('Create an account', { email: 'xss@example.com', password: 'correct horse 1' })
  const inside = await signIn('/health')
  for (const [name, person] of Object.entries({ nobody: visit(app, { language: PAYLOAD }), first, inside })) {
    for (const route of found.filter((one) => !one.includes('sign-out'))) {
      if (route.startsWith('GET')) {
        await person.open(`${address(route)}?${query.toString()}`)
        assertHarmless(t, person.shown, `${name} ${route}`)
        await person.open(`${address(route)}?__proto__=x&done=__proto__&done=constructor`)
      } else {
        await person.post(`${address(route)}?${query.toString()}`, FORM)
      }
      if (person.shown.url.startsWith('/auth') && !person.shown.url.startsWith('/auth/security')) assertHarmless(t, person.shown, `${name} ${route}`)
    }
  }
  for (const uri of ['otpauth://totp/"><script>alert(1)</script>?secret=AAAA', 'otpauth://totp/x?secret=AAAA"><script>', 'javascript:alert(1)//otpauth://totp/x?secret=AAAA']) {
    await first.post('/auth/second-factor/totp/confirm', { uri, deviceName: PAYLOAD, code: '123456' })
    assertHarmless(t, first.shown, uri)
    t.notOk(first.shown.document.querySelector('a[href^=javascript]'), uri)
  }
  for (const url of [`/auth/callback/${encodeURIComponent(PAYLOAD)}?state=x`, '/auth?done=__proto__', '/auth?done=constructor']) {
    const person = visit(app)
    await person.open(url)
    assertHarmless(t, person.shown, url)
  }
})

t.test('errors and redirects cannot be framed or kept either', async (t) => {
  const answers = [
    await app.inject({ method: 'POST', url: '/auth', headers: OWN, payload: 'a'.repeat(100_000) }),
    await app.inject({ method: 'POST', url: '/auth', headers: { ...OWN, 'content-type': 'text/plain' }, payload: 'x' }),
    await app.inject({ method: 'POST', url: '/auth', headers: { ...OWN, 'content-type': 'application/json' }, payload: '{' }),
    await app.inject({ method: 'POST', url: '/auth', headers: OWN, ...form({ email: 'a\0b', password: '\0' }) }),
    await app.inject('/auth/callback/github'),
    await app.inject('/auth/second-factor'),
    await app.inject({ url: '/auth', headers: { cookie: 'sAccessToken=x.y.z' } }),
    await app.inject('/auth/session/refresh/page?to=%2Fauth')
  ]
  for (const { statusCode, headers } of answers) {
    t.ok(statusCode < 500, String(statusCode))
    t.match(headers, { 'content-security-policy': /frame-ancestors 'none'/, 'x-frame-options': 'DENY', 'cache-control': 'no-store' })
  }
  t.strictSame(answers.slice(0, 3).map(({ statusCode }) => statusCode), [413, 415, 400])
})

t.test('a form that is sent twice at once ends on a page, and does its work once', async (t) => {
  const email = 'twice@example.com'
  const [one, two] = [visit(app), visit(app)]
  const together = async (act: (person: typeof one) => Promise<unknown>) => {
    await Promise.all([one, two].map(act))
    for (const { shown } of [one, two]) {
      t.ok(shown.status < 500, `${shown.url} ${shown.status}`)
      t.ok(shown.title !== '' || shown.url === '/auth/security', shown.text)
    }
  }
  const share = (): void => {
    // One browser that has sent a form twice.
    for (const [from, to] of [[one, two], [two, one]] as const) for (const [name, value] of from.jar) to.jar.set(name, value)
  }
  await Promise.all([one, two].map((person) => person.open('/auth/sign-up')))
  await together((person) => person.press('Create an account', { email, password: 'correct horse 1' }))
  t.same([one, two].map(({ shown }) => shown.title).sort(), ['Create an account', 'Second factor'])
  await Promise.all([one, two].map((person) => person.open('/auth')))
  const begun = [one, two].find(({ shown }) => shown.title === 'Second factor')!
  const phone = newPhoneNumber()
  await begun.open('/auth/second-factor/sms')
  await begun.press('Send the code', { contact: phone })
  for (const person of [one, two]) person.jar.clear()
  t.equal(app.twoFactor.outbox.entries().filter(({ to }) => to === phone).length, 1)
  await Promise.all([one, two].map((person) => person.open('/auth')))
  await together((person) => person.press('Sign in', { email, password: 'correct horse 1' }))
  share()
  await Promise.all([one, two].map((person) => person.open('/auth/second-factor/sms')))
  await one.press('Send the code', { contact: phone })
  share()
  await two.open('/auth/second-factor/sms')
  await together((person) => person.press('Continue', { code: codeFor(app, phone) }))
  t.ok([one, two].some(({ shown }) => shown.title === 'Your recovery codes'))

  await Promise.all([one, two].map((person) => { person.jar.clear(); return person.open('/auth/reset-password') }))
  await together((person) => person.press('Send the link', { email }))
  await app.twoFactor.delivered()
  const link = linkTo(app, email)
  await Promise.all([one, two].map((person) => person.open(link)))
  await together((person) => person.press('Save', { password: 'correct horse 2' }))
  t.same([one, two].map(({ shown }) => shown.status).sort(), [200, 422])
})

t.test('a code that was planted in the browser passes for nobody', async (t) => {
  const [victim, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const [person, thief] = [visit(app), visit(app)]
  for (const [browser, user] of [[person, victim], [thief, mallory]] as const) {
    await browser.open('/auth')
    await browser.press('Sign in', { email: user.email, password: user.password })
  }
  const name = 'fastify-2fa-pending'
  const own = person.jar.get(name)!
  person.jar.set(name, thief.jar.get(name)!)
  await person.press('Continue', { code: codeFor(app, victim.phoneNumber) })
  t.ok(person.shown.status >= 400, person.shown.text)
  await person.open('/auth/second-factor')
  t.match(person.shown.title, 'Second factor')
  for (const value of ['x', Buffer.from('null').toString('base64url'), Buffer.from('{"purpose":"sms","deviceId":{},"preAuthSessionId":1}').toString('base64url')]) {
    person.jar.set(name, { ...own, value })
    await person.post('/auth/second-factor/sms', { code: '123456' })
    t.match(person.shown, { status: 200, title: 'Second factor' })
  }
})

t.test('pages do not tell whether there is an account', async (t) => {
  const { email } = await signInWithSecondFactor(app)
  const texts = await Promise.all([email, 'nobody@example.com'].map(async (one) => {
    const person = visit(app)
    await person.open('/auth')
    await person.press('Sign in', { email: one, password: 'wrong horse 1' })
    return [person.shown.status, person.shown.document.toString().replaceAll(one, '')]
  }))
  t.strictSame(texts[0], texts[1])
})

t.test('what is too long is refused beside its field', async (t) => {
  const person = visit(app)
  await person.open('/auth')
  await person.press('Sign in', { email: `${'a'.repeat(10_000)}@example.com`, password: 'b'.repeat(10_000) })
  t.match(person.shown, { status: 422, title: 'Sign in' })
  t.equal(person.shown.document.querySelectorAll('[aria-invalid]').length, 2)
  await person.open(`/auth/reset-password?token=${'x'.repeat(5000)}`)
  await person.press('Save', { password: 'correct horse 3' })
  t.ok(person.shown.status >= 400 && person.shown.status < 500, String(person.shown.status))
})
