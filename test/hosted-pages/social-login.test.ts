import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { newPhoneNumber } from '../../src/testing/index.js'
import { visitProvider } from '../flows/social-login/browser.js'
import { SERVICE, startOidcProvider } from '../flows/social-login/oidc.js'
import { buildPages, codeFor, ORIGIN, visit } from './visit.js'

const oidc = await startOidcProvider(t, `${ORIGIN}/auth/callback/loopback`)
const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const client = { clientId: SERVICE.client_id, clientSecret: SERVICE.client_secret, scope: ['openid', 'email'] }
const app = await buildPages(t, {
  thirdPartyProviders: [
    { config: { thirdPartyId: 'loopback', name: 'Loop & Back', oidcDiscoveryEndpoint: oidc.discoveryEndpoint, clients: [{ clientType: 'ios', ...client, clientId: 'ios-app' }, { clientType: 'web', ...client }] } },
    { config: { thirdPartyId: 'apple', oidcDiscoveryEndpoint: oidc.discoveryEndpoint, clients: [{ clientId: 'com.example', additionalConfig: { keyId: 'key', teamId: 'team', privateKey } }] } },
    { config: { thirdPartyId: 'github', clients: [{ clientId: 'a', clientSecret: 'b' }] } },
    { config: { thirdPartyId: 'closed', oidcDiscoveryEndpoint: 'http://127.0.0.1:9/.well-known/openid-configuration', clients: [client] } }
  ]
})
oidc.addAccount('alice', { email: 'alice@example.com', email_verified: true })
oidc.addAccount('carol', { email: 'carol@example.com', email_verified: true })

type Visit = ReturnType<typeof visit>

/** Where the page forwards the browser to. */
const forwardedTo = ({ shown }: Visit): string => /^0; url=(.*)$/.exec(String(shown.headers.refresh))?.[1] ?? ''

const callback = (query: Record<string, string>): string => `/auth/callback/loopback?${new URLSearchParams(query).toString()}`

t.test('a person signs in at a provider, sets up a phone, and lands where they wanted', async (t) => {
  const person = visit(app)
  await person.open('/auth?redirect=%2Fsessioninfo')
  t.match(person.shown.text, 'Continue with GitHub')
  await person.press('Continue with Loop & Back')
  t.match(person.shown, { status: 200, text: /You are being forwarded/ })
  t.equal(person.shown.document.querySelector('main a')!.getAttribute('href'), forwardedTo(person), 'without refresh, there is a link')
  t.match(forwardedTo(person), oidc.issuer)
  await person.open(callback(await visitProvider(forwardedTo(person), { account: 'alice' })))
  t.match(person.shown, { url: '/auth/second-factor/sms?redirect=%2Fsessioninfo', title: 'Second step' })
  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown, { status: 200, url: '/sessioninfo' })

  const later = visit(app)
  await later.open('/auth')
  await later.press('Continue with Loop & Back')
  await later.open(callback(await visitProvider(forwardedTo(later), { account: 'alice' })))
  t.match(later.shown, { url: '/auth/second-factor/sms', text: /We have sent you a code/ })
})

t.test('who changes their mind at the provider, or cannot reach it, is told and starts again', async (t) => {
  const person = visit(app)
  await person.open('/auth')
  await person.press('Continue with Loop & Back')
  await person.open(callback(await visitProvider(forwardedTo(person), { account: 'alice', consent: 'no' })))
  t.match(person.shown, { status: 422, text: /You are not signed in with Loop & Back/ })
  await person.follow('Back to the start')
  await person.press('Continue with Closed')
  t.match(person.shown, { status: 503, text: /not responding/ })
})

t.test('what comes back to another browser, twice, or to another provider is refused', async (t) => {
  const person = visit(app)
  await person.open('/auth')
  await person.press('Continue with Loop & Back')
  const query = await visitProvider(forwardedTo(person), { account: 'carol' })

  const victim = visit(app)
  await victim.open(callback(query))
  t.match(victim.shown, { status: 403, text: /was not started in this browser/ }, 'login CSRF')
  t.equal(victim.jar.size, 0)
  await victim.open('/auth')
  await victim.press('Continue with GitHub')
  await victim.open(callback(query))
  t.match(victim.shown, { status: 403 }, 'another state')

  await person.open(callback({ ...query, state: 'x' }))
  t.equal(person.shown.status, 403, 'a state that was made up')
  await person.open(`/auth/callback/github?${new URLSearchParams(query).toString()}`)
  t.equal(person.shown.status, 403, 'the code of another provider (mix-up)')
  await person.open(callback(query))
  t.match(person.shown.title, 'Second step')
  await person.open(callback(query))
  t.match(person.shown, { status: 403 }, 'the state works once')
})

t.test('Apple posts its answer to the interface, which leads back to the page', async (t) => {
  const person = visit(app)
  await person.open('/auth?redirect=%2Fsessioninfo')
  await person.press('Continue with Apple')
  const asked = new URL(forwardedTo(person)).searchParams
  t.match(Object.fromEntries(asked), { response_mode: 'form_post', redirect_uri: `${ORIGIN}/auth/callback/apple` })
  const answer = (state: string) => app.inject({
    method: 'POST',
    url: '/auth/callback/apple',
    headers: { origin: 'https://appleid.apple.com', 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ state, code: 'made-up' }).toString()
  })
  const back = await answer(asked.get('state')!)
  t.match(back, { statusCode: 303, headers: { location: `${ORIGIN}/auth/callback/apple?` } })
  await person.open(String(back.headers.location))
  t.match(person.shown, { status: 422, text: /did not accept this sign-in/ }, 'the state is known, and the code is not')
  await person.open(String(back.headers.location))
  t.equal(person.shown.status, 403, 'once')
  t.equal((await answer(Buffer.from('{"frontendRedirectURI":"https://evil.example"}').toString('base64'))).statusCode, 400)
})

t.test('unknown providers and odd queries get a page', async (t) => {
  const person = visit(app)
  for (const path of ['/auth/callback/nobody?code=a&state=b', '/auth/callback/%3Cscript%3E?code=a']) {
    await person.open(path)
    t.match(person.shown, { status: 404, title: 'This did not work' })
  }
  await person.post('/auth/with/nobody', {})
  t.match(person.shown, { status: 404, title: 'This did not work' })
  await person.open('/auth/callback/loopback?state=a&state=b&code=c')
  t.match(person.shown, { status: 403 })
})
