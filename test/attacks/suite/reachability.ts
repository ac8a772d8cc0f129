import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { newPhoneNumber, type SignedInUser } from '../../../src/testing/index.js'
import { challengeFor, newBrowser, ORIGIN } from '../../account/browser.js'
import { createClient, fields, finishedUser, isByPhone, newLogin, newUser, post, withPassword, type Route } from './clients.js'
import { recoveryCode } from './recovery-codes.js'
import { isByCode, isBySms, MADE_UP, passFactor, requestChallenge, wayOf } from './way.js'
import { newPasskey, withPasskeyAlone } from './way-passkey.js'
import { anotherApp } from './way-totp.js'

type State = 'none' | 'first' | 'both' | 'revoked'

/** Which states of a session get something out of each route: an answer 2xx that is not a refusal of the FDI's. Every route has to be here (ASVS 6.3.4). */
export type Reachability = Record<string, string>

const EVERYONE = 'none first both revoked'
const ONLY_ALIVE = 'first both'
const SECOND_FACTOR = 'both'
// The SDK's own endpoints go by the access token, which lives until it expires.
const FIRST_FACTOR = 'first both revoked'

const COMMON: Reachability = {
  // Before any factor.
  'POST /auth/signup': EVERYONE,
  'POST /auth/signin': EVERYONE,
  'GET /auth/emailpassword/email/exists': EVERYONE,
  'GET /auth/signup/email/exists': EVERYONE,
  'GET /auth/jwt/jwks.json': EVERYONE,
  'GET /auth/loginmethods': EVERYONE,
  'GET /health': EVERYONE,
  'HEAD /health': EVERYONE,
  'GET /ready': EVERYONE,
  'HEAD /ready': EVERYONE,
  'OPTIONS *': '',

  // Only for whoever has a link. No session counts.
  'GET /auth/account/contest': '',
  'HEAD /auth/account/contest': '',
  'POST /auth/account/contest': '',

  // Between the factors: the choice, and leaving.
  'PUT /auth/mfa/info': ONLY_ALIVE,
  'POST /auth/session/refresh': ONLY_ALIVE,
  // Ending a session that has ended is fine.
  'POST /auth/signout': FIRST_FACTOR,

  // The owner's own account.
  'POST /auth/account/password': 'both',

  // After both.
  'GET /auth/account/sessions': 'both',
  'POST /auth/account/sessions/end': 'both',
  'GET /sessioninfo': SECOND_FACTOR,
  'HEAD /sessioninfo': SECOND_FACTOR,
  'GET /me': SECOND_FACTOR,
  'HEAD /me': SECOND_FACTOR
}

/** The second factor itself. The first two answer everybody alike. */
const BY_CODE: Reachability = {
  'GET /auth/passwordless/phonenumber/exists': EVERYONE,
  'GET /auth/signup/phonenumber/exists': EVERYONE,
  'POST /auth/signinup/code': ONLY_ALIVE,
  'POST /auth/signinup/code/resend': ONLY_ALIVE,
  'POST /auth/signinup/code/consume': ONLY_ALIVE
}

/** Another phone or address, for whoever has just passed the old one. The code is made up, and it is the only factor. */
function changesOf (app: FastifyInstance): Reachability {
  const path = isBySms(app) ? '/auth/account/phone' : '/auth/account/email-factor'
  // With phone + password the account signs in with the number.
  return { [`POST ${path}`]: 'both', [`POST ${path}/verify`]: '', ...(!isByPhone(app) && { [`POST ${path}/remove`]: '' }) }
}

const BY_WORD: Reachability = {
  'POST /auth/word/ask': ONLY_ALIVE,
  'POST /auth/word/answer': ONLY_ALIVE
}

/** An account with a passkey: only whoever has just passed it sees and changes what there is. */
const BY_PASSKEY: Reachability = {
  'POST /auth/passkey/register/options': 'both',
  'POST /auth/passkey/register': 'both',
  'POST /auth/passkey/verify/options': ONLY_ALIVE,
  'POST /auth/passkey/verify': ONLY_ALIVE,
  'GET /auth/passkey/list': 'both',
  'POST /auth/passkey/remove': 'both',
  'POST /auth/passkey/rename': 'both',
  // Where a passkey alone signs in: with one, everybody does.
  'POST /auth/passkey/signin/options': EVERYONE,
  'POST /auth/passkey/signin': EVERYONE
}

/** An account with an app: its devices are for sessions that have passed. */
const BY_TOTP: Reachability = {
  'POST /auth/totp/device': 'both',
  'POST /auth/totp/device/verify': 'both',
  'POST /auth/totp/verify': ONLY_ALIVE,
  'GET /auth/totp/device/list': 'both',
  'POST /auth/totp/device/rename': 'both',
  'POST /auth/totp/device/remove': 'both'
}

/** Made with the first passkey or app, and for sessions that have passed. */
const WITH_RECOVERY_CODES: Reachability = {
  'POST /auth/recovery-codes': 'both',
  'GET /auth/recovery-codes': 'both',
  'POST /auth/recovery-codes/acknowledge': 'both',
  'POST /auth/recovery-codes/verify': ONLY_ALIVE
}

/** Without codes that are sent. */
const BY_OTHERS: Record<string, Reachability> = { word: BY_WORD, passkey: { ...BY_PASSKEY, ...WITH_RECOVERY_CODES }, totp: { ...BY_TOTP, ...WITH_RECOVERY_CODES } }

const WITH_PASSWORD_RESET: Reachability = {
  'POST /auth/user/password/reset/token': EVERYONE,
  'POST /auth/user/password/reset': EVERYONE
}

const WITHOUT_PASSWORD_RESET: Reachability = {
  'POST /auth/user/password/reset/token': '',
  'POST /auth/user/password/reset': ''
}

/** Nothing depends on a verified address by default. */
const WITH_VERIFICATION: Reachability = {
  'GET /auth/user/email/verify': ONLY_ALIVE,
  'POST /auth/user/email/verify': '',
  'POST /auth/user/email/verify/token': FIRST_FACTOR
}

/** Where accounts have an address. */
const WITH_ADDRESS: Reachability = {
  'POST /auth/account/email': 'both',
  // Takes the link in the mail.
  'POST /auth/account/email/confirm': ''
}

/** Stock pages ask for these. What is off answers everybody alike, and does nothing. */
const WITHOUT_VERIFICATION: Reachability = {
  'GET /auth/user/email/verify': EVERYONE,
  'POST /auth/user/email/verify': '',
  'POST /auth/user/email/verify/token': ''
}

const OFF: Reachability = {
  'GET /auth/account/recovery': '',
  'POST /auth/account/recovery': '',
  'POST /auth/account/recovery/code': '',
  'POST /auth/account/recovery/finish': '',
  'POST /auth/account/recovery/stop': '',
  'GET /auth/authorisationurl': '',
  'POST /auth/signinup': '',
  'GET /auth/passwordless/email/exists': EVERYONE,
  'POST /auth/totp/device': '',
  'POST /auth/totp/device/verify': '',
  'POST /auth/totp/verify': ''
}

const OFF_WITHOUT_SMS: Reachability = {
  'GET /auth/passwordless/phonenumber/exists': EVERYONE,
  'GET /auth/signup/phonenumber/exists': EVERYONE,
  'POST /auth/signinup/code': '',
  'POST /auth/signinup/code/resend': '',
  'POST /auth/signinup/code/consume': ''
}

/** Where browsers can become known. */
const BY_BROWSER: Reachability = {
  'POST /auth/account/browsers/challenge': ONLY_ALIVE,
  'POST /auth/account/browsers': 'both',
  // For a browser that is known, with its key alone (`test/attacks/known-browsers.test.ts`).
  'POST /auth/account/browsers/proof': '',
  'GET /auth/account/browsers': 'both',
  'POST /auth/account/browsers/end': 'both'
}

/** For services with a key, where there are any. A session is none. */
const BY_SERVICE: Reachability = {
  'POST /auth/introspect': '',
  'GET /auth/events': ''
}

/** For a scraper with a key, where metrics are on. A session is none. */
const BY_SCRAPER: Reachability = {
  'GET /metrics': '',
  'HEAD /metrics': ''
}

/** For SMS providers, at addresses that a session does not know (`test/attacks/forged-receipts.test.ts`). */
const BY_SMS_PROVIDER: Reachability = {
  'GET /auth/sms/receipts/:provider/:receipt': '',
  'POST /auth/sms/receipts/:provider/:receipt': ''
}

/** For operators with a key, where there are any. A session is none. */
const BY_ADMIN: Reachability = Object.fromEntries([
  'GET /users', 'GET /users/:id', 'GET /users/:id/factors', 'GET /users/:id/sessions', 'GET /users/:id/roles', 'GET /stats', 'GET /audit',
  'POST /users/:id/unlock', 'POST /users/:id/factors/:factor/reset', 'POST /users/:id/force-password-change', 'POST /users/:id/number', 'POST /users/:id/recovery', 'DELETE /users/:id/recovery',
  'DELETE /users/:id/sessions', 'DELETE /sessions/:handle', 'POST /users/:id/roles', 'DELETE /users/:id/roles', 'POST /users/:id/export', 'DELETE /users/:id',
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => `${method} /*`)
].map((route) => [route.replace(' ', ' /admin/v1'), '']))

/** Where the service signs something itself. */
const BY_SIGNER: Reachability = {
  'GET /auth/fastify-2fa/jwks.json': EVERYONE,
  'HEAD /auth/fastify-2fa/jwks.json': EVERYONE
}

/** Never in production. */
const DEVELOPMENT: Reachability = {
  'GET /dev/outbox': EVERYONE,
  'HEAD /dev/outbox': EVERYONE,
  'GET /examples/second-factor': SECOND_FACTOR,
  'HEAD /examples/second-factor': SECOND_FACTOR,
  'GET /examples/fresh-second-factor': SECOND_FACTOR,
  'HEAD /examples/fresh-second-factor': SECOND_FACTOR,
  'GET /examples/session': ONLY_ALIVE,
  'HEAD /examples/session': ONLY_ALIVE,
  'GET /examples/optional-session': 'none first both',
  'HEAD /examples/optional-session': 'none first both',
  'GET /examples/admin': '',
  'HEAD /examples/admin': '',
  'GET /examples/permission': '',
  'HEAD /examples/permission': '',
  'GET /examples/session-data': 'both',
  'HEAD /examples/session-data': 'both'
}

const CHANGED = 'correct horse 8'

interface Visitor extends SignedInUser {
  state: State
}

async function arrive (app: FastifyInstance, state: State, user: SignedInUser): Promise<Visitor> {
  if (state === 'none') return { ...user, state, session: createClient(app) }
  const visitor = await withPassword(app, user)
  if (state !== 'first') await passFactor(app, visitor)
  if (state === 'revoked') await post(visitor.session.copy(), '/auth/signout')
  return { ...visitor, state }
}

/** What an honest client in this state would send, as far as it can. */
async function bodyFor (app: FastifyInstance, path: string, visitor: Visitor): Promise<object> {
  const { state, email, password } = visitor
  const { ask, again, answer, input } = wayOf(app)
  if (path === ask) return input(visitor)
  if (path === '/auth/totp/device/verify') return await anotherApp(visitor)
  if (path === again || path === answer) {
    if (state !== 'first' && state !== 'both') return MADE_UP
    return await requestChallenge(app, visitor)
  }
  if (path === '/auth/passkey/signin') return await withPasskeyAlone(visitor)
  if (path.startsWith('/auth/passkey/') && state !== 'both') return { ...MADE_UP, id: 'a', name: 'a' }
  switch (path) {
    case '/auth/passkey/register': return await newPasskey(visitor)
    case '/auth/passkey/remove':
    case '/auth/passkey/rename': {
      const { passkeys } = (await visitor.session.inject('/auth/passkey/list')).json<{ passkeys: { id: string }[] }>()
      return { id: passkeys.at(-1)?.id, name: 'a' }
    }
    case '/auth/totp/verify': return wayOf(app).factor === 'totp' ? await requestChallenge(app, visitor) : {}
    case '/auth/totp/device/rename': {
      const { devices } = (await visitor.session.inject('/auth/totp/device/list')).json<{ devices?: { name: string }[] }>()
      return { existingDeviceName: devices?.[0]?.name ?? 'a', newDeviceName: 'a' }
    }
    case '/auth/totp/device/remove': return { deviceName: 'no such device' }
    case '/auth/recovery-codes/verify': return { code: await recoveryCode(visitor) }
    case '/auth/account/phone': return { phoneNumber: newPhoneNumber() }
    case '/auth/account/email-factor': return { email: newLogin(app) }
    case '/auth/account/phone/verify':
    case '/auth/account/email-factor/verify': return MADE_UP
    case '/auth/account/sessions/end': return { others: true }
    case '/auth/account/browsers': {
      const { challenge, session } = await challengeFor(visitor.session)
      const browser = newBrowser()
      return { publicKey: browser.publicKey, origin: ORIGIN, signature: browser.sign({ purpose: 'register', challenge, session }) }
    }
    case '/auth/account/browsers/proof': return { id: 'x', origin: ORIGIN, signature: 'A'.repeat(86) }
    case '/auth/account/browsers/end': return { id: 'x' }
    case '/auth/signup': return fields(newLogin(app))
    case '/auth/account/password': return { oldPassword: password, newPassword: CHANGED }
    case '/auth/account/email': return { email: newLogin(app) }
    case '/auth/signin': return fields(email, password)
    case '/auth/user/password/reset/token': return { formFields: [{ id: 'email', value: email }] }
    case '/auth/user/password/reset': {
      const other = await newUser(app)
      await post(createClient(app), '/auth/user/password/reset/token', { formFields: [{ id: 'email', value: other.email }] })
      const link = app.twoFactor.outbox.last(other.email)?.link
      return { method: 'token', token: link === undefined ? 'x' : new URL(link).searchParams.get('token'), formFields: [{ id: 'password', value: 'correct horse 9' }] }
    }
    default: return {}
  }
}

async function isServed (app: FastifyInstance, { method, url }: Route, visitor: Visitor): Promise<boolean> {
  const path = url.replace(/^\/auth\/:tenantId(\([^)]*\))?/, '/auth')
  const target = url.replace(/:tenantId(\([^)]*\))?/, 'public') + (path.endsWith('exists') ? '?email=a@example.com&phoneNumber=%2B12125550101' : '')
  const response = await visitor.session.inject({ method, url: target === '*' ? '/me' : target, ...(method === 'POST' && { payload: await bodyFor(app, path, visitor) }) } as never)
  if (response.statusCode < 200 || response.statusCode > 299) return false
  const body = response.body.startsWith('{') ? response.json<{ status?: string }>() : {}
  return body.status === undefined || ['OK', 'ok'].includes(body.status)
}

function expectedOf (app: FastifyInstance, { production }: { production: boolean }): Reachability {
  const expected = {
    ...COMMON,
    ...OFF,
    ...(isByCode(app) ? BY_CODE : { ...BY_OTHERS[wayOf(app).factor], ...OFF_WITHOUT_SMS }),
    ...(isByPhone(app) ? { ...WITHOUT_PASSWORD_RESET, ...WITHOUT_VERIFICATION } : { ...WITH_PASSWORD_RESET, ...WITH_VERIFICATION, ...WITH_ADDRESS }),
    ...(app.twoFactor.secondFactor.browserEndpoints.length > 0 && BY_BROWSER),
    ...(isByCode(app) && changesOf(app)),
    ...(app.twoFactor.serviceClients !== undefined && BY_SERVICE),
    ...(app.twoFactor.metrics !== undefined && BY_SCRAPER),
    ...(app.twoFactor.smsReceipts !== undefined && BY_SMS_PROVIDER),
    ...(app.twoFactor.admin?.api !== undefined && BY_ADMIN),
    ...(app.twoFactor.signer !== undefined && { ...BY_SIGNER, ...(app.twoFactor.serviceClients !== undefined && { 'POST /auth/events/poll': '' }) }),
    ...(!production && DEVELOPMENT)
  }
  return Object.fromEntries(Object.entries(expected).flatMap(([route, states]) => {
    const perTenant = route.includes(' /auth/') && !/session\/refresh|jwks|mfa\/info|introspect|events|sms\/receipts|account\/|\/auth\/totp|recovery-codes|\/auth\/word|\/auth\/passkey\/(?!signin)/.test(route)
    return perTenant ? [[route, states], [route.replace(' /auth/', ' /auth/:tenantId(^[a-zA-Z0-9-]+$)/'), states]] : [[route, states]]
  }))
}

/** In production there is nothing else, and nothing of what is for development. */
export function assertProductionRoutes (t: Test, app: FastifyInstance, routes: Route[]): void {
  t.strictSame(routes.map(({ method, url }) => `${method} ${url}`).sort(), Object.keys(expectedOf(app, { production: true })).sort())
}

/** Tries every route of the service in every state of a session, and compares with what is written above. */
export async function attackEveryRoute (t: Test, app: FastifyInstance, routes: Route[]): Promise<void> {
  const user = await finishedUser(app)
  const found: Reachability = Object.fromEntries(routes.map(({ method, url }) => [`${method} ${url}`, '']))
  for (const state of ['none', 'first', 'both', 'revoked'] as const) {
    let visitor = await arrive(app, state, user)
    for (const route of routes) {
      const name = `${route.method} ${route.url}`
      if (await isServed(app, route, visitor)) found[name] = `${found[name]} ${state}`.trim()
      // The next visitor signs in with the password from before.
      if (route.url.endsWith('/account/password')) await post(visitor.session, route.url, { oldPassword: CHANGED, newPassword: user.password })
      // Signing in, out and up leave another session behind, and the code finishes the first.
      const changes = /signup|signin$|signout|refresh|consume|answer|passkey\/verify$|totp|recovery/.test(route.url) && route.method === 'POST'
      if (changes && !(state === 'none' && !route.url.endsWith('signin') && !route.url.endsWith('signup'))) visitor = await arrive(app, state, user)
    }
  }
  t.strictSame(found, expectedOf(app, { production: false }), 'a new route has to be classified')
}
