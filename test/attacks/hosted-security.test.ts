import { randomBytes } from 'node:crypto'
import t from 'tap'
import { advance, createTestSession, currentTotp } from '../../src/testing/index.js'
import { newBrowser } from '../account/browser.js'
import { post } from '../account/recovery.js'
import { confirmBySms, routesOf, securityApp, signInAgain, signUpWithPhone, type Person } from '../hosted-pages/security.js'
import { ORIGIN } from '../hosted-pages/visit.js'

const app = await securityApp({ secondFactors: ['sms', 'totp', 'passkey', 'email'], oneMailboxForBothFactors: true, knownBrowsers: true, accountRecovery: true, passkeyRpId: 'localhost' })

const addressesOf = (method: string): string[] => routesOf.get(app)!.filter((route) => route.startsWith(`${method} `)).map((route) => route.slice(method.length + 1))
const PAGES = addressesOf('GET')
const FORMS = addressesOf('POST')

/** Fields that each form would take, whatever it is about. */
const FIELDS = { id: 'x', name: 'Mallory', contact: '+12125550123', email: 'mallory@example.com', password: 'correct horse 1', oldPassword: 'correct horse 1', newPassword: 'mallory horse 1', code: '123456', credential: '{}', deviceName: 'Phone', uri: 'otpauth://totp/x?secret=ABCDEFGH' }

const cookieOf = (person: Person): string => [...person.jar].filter(([, { path }]) => path === '/' || path === '/auth').map(([name, { value }]) => `${name}=${value}`).join('; ')

/** What the account has, as its owner sees it. */
async function stateOf (person: Person): Promise<string> {
  await person.open('/auth/security')
  if (person.shown.title !== 'My security') throw new Error(`its owner is at ${person.shown.url}`)
  return person.shown.text.replace(/Last used on [^.]*\./g, '')
}

async function addApp (person: Person, name: string): Promise<string> {
  await person.post('/auth/security/apps/add', { name })
  const uri = person.shown.document.querySelector('input[name=uri]')!.getAttribute('value')!
  const secret = new URL(uri).searchParams.get('secret')!
  await person.press('Continue', { code: await currentTotp(secret) })
  return secret
}

async function knowBrowser (person: Person, name: string): Promise<void> {
  const session = createTestSession(app)
  for (const [key, { value }] of person.jar) session.cookies.set(key, value)
  const browser = newBrowser()
  const { challenge, session: id } = await post(session, '/auth/account/browsers/challenge') as unknown as { challenge: string, session: string }
  const signature = browser.sign({ challenge, session: id, purpose: 'register', origin: ORIGIN })
  const { status } = await post(session, '/auth/account/browsers', { publicKey: browser.publicKey, signature, origin: ORIGIN, name })
  if (status !== 'OK') throw new Error(`the browser is not known: ${status}`)
}

t.test('a form of another website does nothing, whichever it is', async (t) => {
  const { person } = await signUpWithPhone(app)
  await knowBrowser(person, 'Kitchen')
  const before = await stateOf(person)
  t.ok(FORMS.length >= 18, 'all forms are tried')
  for (const url of FORMS) {
    for (const headers of [{}, { origin: 'null' }, { origin: 'https://evil.example' }, { origin: ORIGIN, 'sec-fetch-site': 'same-site' }, { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }]) {
      const response = await app.inject({ method: 'POST', url, headers: { ...headers, cookie: cookieOf(person), 'content-type': 'application/x-www-form-urlencoded' }, payload: new URLSearchParams(FIELDS).toString() })
      t.equal(response.statusCode, 403, `${url} ${JSON.stringify(headers)}`)
      t.match(response.body, 'This form did not come from this page')
    }
  }
  t.equal(await stateOf(person), before)
})

t.test('Mallory, who has the password alone, sees nothing and changes nothing', async (t) => {
  const { person: alice, account } = await signUpWithPhone(app)
  await addApp(alice, 'Tablet of Alice')
  const mallory = await signInAgain(app, account)
  const before = await stateOf(alice)
  for (const url of PAGES) {
    await mallory.open(url)
    t.equal(mallory.shown.title, 'Second factor', url)
    t.notMatch(mallory.shown.text, /Tablet of Alice|person\d+@/, url)
  }
  for (const url of FORMS) {
    await mallory.post(url, FIELDS)
    t.equal(mallory.shown.title, 'Second factor', url)
  }
  // The switch that lets people who are in pass a factor again opens nothing.
  for (const url of ['/auth/second-factor?once-more=1', '/auth/second-factor/totp?once-more=1', '/auth/security?once-more=1', '/auth/security/phone?confirmed=1']) {
    await mallory.open(url)
    t.equal(mallory.shown.title, 'Second factor', url)
  }
  t.equal(await stateOf(alice), before)
})

t.test('a page that is only looked at changes nothing', async (t) => {
  const { person } = await signUpWithPhone(app)
  const before = await stateOf(person)
  const messages = app.twoFactor.outbox.entries().length
  for (const url of PAGES) {
    await person.open(`${url}?${new URLSearchParams(FIELDS).toString()}`)
    t.not(person.shown.status, 500, url)
  }
  t.equal(app.twoFactor.outbox.entries().length, messages)
  t.equal(await stateOf(person), before)
})

t.test('without a second factor that has just passed, nothing changes: no switch in the address says that it has', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await addApp(person, 'Laptop')
  advance('6m')
  const before = await stateOf(person)
  for (const page of ['phone', 'apps/add', 'passkeys/add', 'recovery-codes', 'email', 'phone/remove', 'apps/remove?id=Laptop']) {
    await person.open(`/auth/security/${page}`)
    t.match(person.shown, { title: 'Second factor' }, page)
    await person.post(`/auth/security/${page}`, { ...FIELDS, credential: '' })
    t.not(person.shown.url, '/auth/security', page)
  }
  t.equal(await stateOf(person), before)

  // The weaker factor passes, which is not enough for what is stronger.
  const thief = await signInAgain(app, account)
  await thief.follow('A code by text message')
  await confirmBySms(app, thief, account.phone)
  for (const page of ['phone', 'apps/add', 'recovery-codes']) {
    await thief.open(`/auth/security/${page}`)
    t.match(thief.shown, { title: 'Second factor', text: /An authenticator app/ }, page)
    await thief.open(`/auth/security/${page}?confirmed=1`)
    t.match(thief.shown, { status: 403, text: /Please contact support/ }, 'it goes round in no circles')
    await thief.post(`/auth/security/${page}`, FIELDS)
    t.equal(thief.shown.title, 'Second factor', page)
  }
  await person.open('/auth/security')
  await person.press('Sign out everywhere else')
  t.equal(await stateOf(person), before)
})

t.test('Mallory names what is Alice\'s', async (t) => {
  const { person: alice } = await signUpWithPhone(app)
  await addApp(alice, 'Tablet of Alice')
  await knowBrowser(alice, 'Kitchen of Alice')
  const before = await stateOf(alice)
  const idIn = (action: string): string => alice.shown.document.querySelectorAll('form').find((form) => form.getAttribute('action') === action)?.querySelector('input[name=id]')?.getAttribute('value') ?? ''
  const browserId = idIn('/auth/security/browsers/end')
  const sessionId = (JSON.parse((await app.inject({ url: '/auth/account/sessions', headers: { cookie: cookieOf(alice) } })).body) as { sessions: [{ id: string }] }).sessions[0].id

  const { person: mallory } = await signUpWithPhone(app)
  for (const [url, id] of [['/auth/security/browsers/end', browserId], ['/auth/security/sessions/end', sessionId]] as const) {
    t.not(id, '')
    await mallory.post(url, { id })
    t.match(mallory.shown.text, 'This was removed already.', url)
  }
  await mallory.open('/auth/security/apps/remove?id=Tablet+of+Alice')
  t.match(mallory.shown, { url: '/auth/security', text: /This was removed already/ })
  await mallory.post('/auth/security/apps/remove?id=Tablet+of+Alice', {})
  t.match(mallory.shown.text, 'This was removed already.')
  t.equal(await stateOf(alice), before)
})

t.test('a form that is sent twice at once is answered by two pages, and its work is done once', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await addApp(person, 'Laptop')
  for (const [url, fields] of [
    ['/auth/security/apps/rename?id=Laptop', { name: 'Tablet' }],
    ['/auth/security/apps/remove?id=Tablet', {}],
    ['/auth/security/recovery-codes', {}],
    ['/auth/security/sessions/end-others', {}],
    ['/auth/security/password', { oldPassword: account.password, newPassword: 'correct horse 9' }]
  ] as const) {
    const headers = { cookie: cookieOf(person), origin: ORIGIN, 'content-type': 'application/x-www-form-urlencoded' }
    const messages = app.twoFactor.outbox.entries().filter(({ channel }) => channel === 'mail').length
    const answers = await Promise.all([1, 2].map(() => app.inject({ method: 'POST', url, headers, payload: new URLSearchParams(fields).toString() })))
    for (const { statusCode } of answers) t.ok([200, 303, 422].includes(statusCode), `${url} ${statusCode}`)
    t.ok(app.twoFactor.outbox.entries().filter(({ channel }) => channel === 'mail').length <= messages + 1, `${url}: its owner is told once`)
  }
  t.notMatch(await stateOf(person), /Laptop|Tablet/)
  t.equal((await signInAgain(app, { ...account, password: 'correct horse 9' })).shown.title, 'Second factor')
})

t.test('names that are markup stay text', async (t) => {
  const evil = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
  const { person, account } = await signUpWithPhone(app)
  await addApp(person, evil)
  await signInAgain(app, account, { headers: { 'user-agent': `Evil/${evil} (${evil})` } })
  await knowBrowser(person, evil)
  await person.open('/auth/security')
  const check = (where: string): void => {
    t.strictSame(person.shown.document.querySelectorAll('script').filter((one) => one.getAttribute('src') === undefined), [], where)
    t.strictSame(person.shown.document.querySelectorAll('img').filter((one) => !one.getAttribute('src')!.startsWith('data:')), [], where)
    t.strictSame(person.shown.document.querySelectorAll('[onerror]'), [], where)
  }
  check('on the overview')
  t.match(person.shown.document.toString(), /<strong>The app &#34;&#62;&#60;img [^<]*<\/strong>/)
  await person.follow('Remove: The app')
  check('before a removal')
  for (const [url, fields] of [
    ['/auth/security/phone', { contact: evil }],
    ['/auth/security/email', { email: evil }],
    ['/auth/security/apps/add', { name: evil }],
    ['/auth/security/apps/confirm', { deviceName: evil, uri: `otpauth://totp/x?secret=ABCDEFGH&x=${evil.replaceAll(' ', '+')}`, code: '000000' }]
  ] as const) {
    await person.post(url, fields)
    check(url)
  }
})

t.test('a message cannot be put into the page from outside', async (t) => {
  const { person } = await signUpWithPhone(app)
  const before = await stateOf(person)
  for (const query of ['done=password-changed', 'said=password-changed', 'said=Call+1-800-EVIL', 'note=x']) {
    await person.open(`/auth/security?${query}`)
    t.equal(person.shown.document.querySelector('[role=status]'), null, query)
    t.notMatch(person.shown.text, /EVIL|is changed/)
  }
  const planted = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  for (const value of [{ said: 'Call 1-800-EVIL' }, { said: '__proto__' }, { said: 'constructor' }, { said: ['removed'] }, { page: '/security', fields: 'x' }, { page: ['/security'], fields: { contact: 'EVIL' } }, { fields: null }, [], 7]) {
    person.jar.set('fastify-2fa-note', { value: planted(value), path: '/auth' })
    t.equal(await stateOf(person), before, JSON.stringify(value))
    t.notOk(person.jar.has('fastify-2fa-note'), 'and it is gone')
  }
  person.jar.set('fastify-2fa-note', { value: planted({ page: '/security/phone', fields: { contact: '"><b>EVIL', other: ['x'] } }), path: '/auth' })
  await person.open('/auth/security/phone')
  t.equal(person.shown.document.querySelector('b'), null)
  t.equal(person.shown.document.querySelector('#contact')?.getAttribute('value'), '"><b>EVIL', 'what is typed is text')
  for (const value of ['', '%', planted('no JSON'), randomBytes(2000).toString('base64url')]) {
    person.jar.set('fastify-2fa-note', { value, path: '/auth' })
    t.equal(await stateOf(person), before, value.slice(0, 8))
  }
})

t.test('nobody frames a page, and none is kept', async (t) => {
  const { person } = await signUpWithPhone(app)
  for (const url of PAGES) {
    const { headers } = await app.inject({ url, headers: { cookie: cookieOf(person) } })
    t.match(headers, { 'x-frame-options': 'DENY', 'cache-control': 'no-store', 'content-security-policy': /frame-ancestors 'none'/ }, url)
  }
})

t.test('once more leads to no stranger', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  for (const redirect of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
    await person.open(`/auth/second-factor/sms?${new URLSearchParams({ 'once-more': '1', redirect }).toString()}`)
    await confirmBySms(app, person, account.phone)
    t.equal(person.shown.url, '/auth/security', redirect)
  }
})

t.test('whoever signs in next in the same browser does not find what was typed before', async (t) => {
  const { person } = await signUpWithPhone(app)
  const { account } = await signUpWithPhone(app)
  const number = '+12125550188'
  advance('6m')
  await person.post('/auth/security/phone', { contact: number })
  t.equal(person.shown.title, 'Second factor')
  await person.post('/auth?redirect=%2Fauth%2Fsecurity%2Fphone', { email: account.login, password: account.password })
  await confirmBySms(app, person, account.phone)
  t.match(person.shown, { status: 200, url: '/auth/security/phone' })
  t.notOk(person.shown.document.toString().includes(number.slice(1)))
})
