import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { convertToRecipeUserId } from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Session from 'supertokens-node/recipe/session'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import * as UserRoles from 'supertokens-node/recipe/userroles'
import type { Test } from 'tap'
import { createClient, fields, isByPhone, newUser, PASSWORD, post } from './clients.js'
import { isByCode, isBySms, requestChallenge, wayOf } from './way.js'
import { isFault, isRefused } from '../../refused.js'

/** An address of exactly this many characters. */
const addressOf = (length: number): string => `${'a'.repeat(length - '@example.com'.length)}@example.com`

function isFieldError (t: Test, response: LightMyRequestResponse, id: string, label: string): void {
  t.equal(response.statusCode, 200, label)
  t.match(response.json(), { status: 'FIELD_ERROR', formFields: [{ id, error: /at most 256 characters/ }] }, label)
}

const isTooLong = (t: Test, response: LightMyRequestResponse, label: string): void => { isRefused(t, response, 'AUTH_INPUT_TOO_LONG', label) }

/** Twenty thousand characters where a name is expected: they must be neither looked up, nor hashed, nor stored, nor a 500. */
export async function attackLengths (t: Test, app: FastifyInstance): Promise<void> {
  const client = () => createClient(app)
  const forms = ['/auth/signup', '/auth/signin', '/auth/public/signup', ...(isByPhone(app) ? [] : ['/auth/user/password/reset/token'])]
  const withoutPassword = (path: string, email: string) => path.endsWith('token') ? { formFields: [{ id: 'email', value: email }] } : fields(email)

  await t.test('in a form', async (t) => {
    for (const path of forms) {
      for (const value of [addressOf(257), addressOf(20_000), '1'.repeat(257), '+'.repeat(20_000), 'İ'.repeat(140) + '@example.com', '😀'.repeat(300)]) {
        isFieldError(t, await post(client(), path, withoutPassword(path, value)), 'email', `${path} ${value.length}`)
      }
      const longest = `${String(forms.indexOf(path))}${addressOf(255)}`
      const { statusCode, body } = await post(client(), path, withoutPassword(path, longest))
      t.equal(statusCode, 200, body)
      t.notMatch(body, 'at most', `${path}: 256 characters are not too long`)
      if (!isByPhone(app)) t.notMatch(body, 'FIELD_ERROR', `${path}: 256 characters are an address`)
      if (path.endsWith('token')) continue
      isFieldError(t, await post(client(), path, fields(addressOf(40), 'a1'.repeat(129))), 'password', path)
      t.notMatch((await post(client(), path, fields(addressOf(40), 'a1'.repeat(128)))).body, 'at most', `${path}: a password of 256`)
    }
    const reset = (password: string) => post(client(), '/auth/user/password/reset', { method: 'token', token: 'x', formFields: [{ id: 'password', value: password }] })
    if (!isByPhone(app)) isFieldError(t, await reset('a1'.repeat(10_000)), 'password', 'reset')
  })

  await t.test('as something that is no text', async (t) => {
    const nested = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown
    for (const value of [nested, { a: 'x'.repeat(20_000) }, ['x'.repeat(300)], 1e300, null, true]) {
      for (const path of forms) {
        for (const id of ['email', 'password', 'favourite-colour']) {
          const payload = `{"formFields":[{"id":"email","value":"a@example.com"},{"id":"${id}","value":${value === nested ? '['.repeat(20_000) + ']'.repeat(20_000) : JSON.stringify(value)}}]}`
          const { statusCode, body } = await client().inject({ method: 'POST', url: path, payload, headers: { 'content-type': 'application/json' } })
          t.notOk(isFault({ statusCode, body }), `${path} ${id} ${statusCode} ${body.slice(0, 80)}`)
        }
      }
    }
  })

  await t.test('with a code', async (t) => {
    if (!isByCode(app)) return
    const { ask, answer, again } = wayOf(app)
    const user = await newUser(app)
    const challenge = await requestChallenge(app, user)
    for (const [path, name] of [[ask, 'phoneNumber'], [ask, 'email'], [again!, 'deviceId'], [again!, 'preAuthSessionId'], [answer, 'deviceId'], [answer, 'preAuthSessionId'], [answer, 'linkCode']] as const) {
      const send = (length: number) => post(user.session, path, { ...(path !== ask && challenge), [name]: '1'.repeat(length) })
      isTooLong(t, await send(257), `${path} ${name}`)
      const { statusCode, body } = await send(256)
      t.notOk(isFault({ statusCode, body }), body)
      t.notMatch(body, 'AUTH_INPUT_TOO_LONG', `${path} ${name} of 256`)
    }
    isTooLong(t, await post(user.session, answer, { ...challenge, userInputCode: '1'.repeat(20_000) }), answer)
    t.equal((await post(user.session, answer, challenge)).json<{ status: string }>().status, 'OK')
  })

  await t.test('in the URL', async (t) => {
    const paths = ['/auth/emailpassword/email/exists?email=', '/auth/signup/email/exists?email=', ...(isBySms(app) ? ['/auth/passwordless/phonenumber/exists?phoneNumber=', '/auth/signup/phonenumber/exists?phoneNumber='] : [])]
    for (const path of paths) {
      isTooLong(t, await client().inject(path + '1'.repeat(257)), path)
      isTooLong(t, await client().inject(path + '1'.repeat(20_000)), path)
      isTooLong(t, await client().inject(`${path}a&${path.split('?')[1]}${'1'.repeat(257)}`), `${path} twice`)
      t.equal((await client().inject(path + '1'.repeat(256))).statusCode, 200, path)
    }
    t.equal((await client().inject(`/auth/jwt/jwks.json?x=${'1'.repeat(2048)}`)).statusCode, 200)
    const keys = await client().inject(`/auth/jwt/jwks.json?x=${'1'.repeat(2049)}`)
    t.match({ statusCode: keys.statusCode, ...keys.json() }, { statusCode: 400, code: 'AUTH_INPUT_TOO_LONG' }, 'any parameter')
    for (const tenant of ['t'.repeat(64), 't'.repeat(65), 't'.repeat(101), 't'.repeat(20_000)]) {
      const response = await post(client(), `/auth/${tenant}/signin`, fields('a@example.com'))
      // Fastify itself refuses parameters of more than 100 characters.
      if (tenant.length > 100) t.ok([404, 414].includes(response.statusCode), `a tenant of ${tenant.length}: ${response.statusCode}`)
      else isRefused(t, response, 'AUTH_TENANT_UNKNOWN', `a tenant of ${tenant.length}`)
    }
  })

  await t.test('in a header or a cookie', async (t) => {
    const half = await newUser(app)
    const routes = [['GET', '/me'], ['POST', '/auth/session/refresh'], ['POST', wayOf(app).ask]] as const
    async function isNoFault (method: 'GET' | 'POST', url: string, headers: Record<string, string>, session = client()): Promise<void> {
      const { statusCode, body } = await session.inject({ method, url, headers, ...(method === 'POST' && { payload: {} }) })
      t.notOk(isFault({ statusCode, body }), `${Object.keys(headers).join()} on ${url}: ${statusCode} ${body.slice(0, 80)}`)
    }
    for (const [method, url] of routes) {
      for (const name of ['rid', 'anti-csrf', 'st-auth-mode', 'fdi-version', 'authorization', 'origin', 'accept-language', 'x-forwarded-for', 'x-forwarded-host']) {
        await isNoFault(method, url, { [name]: 'x.y.'.repeat(3000) }, half.session.copy())
      }
      await isNoFault(method, url, { authorization: `Bearer ${'e'.repeat(100_000)}` })
      for (const name of ['sAccessToken', 'sRefreshToken', 'sAntiCsrf']) await isNoFault(method, url, { cookie: `${name}=${'x.y.'.repeat(3000)}` })
    }
  })

  await t.test('in what a host hands on from its own client', async (t) => {
    const refused = { code: 'AUTH_INPUT_TOO_LONG', statusCode: 400 }
    const long = addressOf(20_000)
    await t.rejects(EmailPassword.signUp('public', long, PASSWORD), refused)
    await t.rejects(EmailPassword.signUp('public', addressOf(257), PASSWORD), refused)
    await t.rejects(EmailPassword.signIn('public', long, PASSWORD), refused)
    await t.rejects(EmailPassword.verifyCredentials('public', long, PASSWORD), refused)
    await t.rejects(EmailPassword.createResetPasswordToken('public', 'x', long), refused)
    const { userId } = await newUser(app)
    await t.rejects(EmailPassword.updateEmailOrPassword({ recipeUserId: convertToRecipeUserId(userId), email: long }), refused)
    await t.rejects(UserRoles.createNewRoleOrAddPermissions('r'.repeat(256), []), refused)
    await t.rejects(UserRoles.createNewRoleOrAddPermissions('r', ['ok', 'p'.repeat(256)]), refused)
    t.equal((await UserRoles.createNewRoleOrAddPermissions('r'.repeat(255), ['p'.repeat(255)])).status, 'OK')
    await t.rejects(UserRoles.addRoleToUser('public', userId, 'r'.repeat(256)), refused)
    // The rest is left to the Core, which stores none of it either.
    await t.rejects(UserMetadata.updateUserMetadata('u'.repeat(129), { a: 1 }), /status code: 400/)
    await t.rejects(Session.createNewSessionWithoutRequestResponse('public', convertToRecipeUserId('u'.repeat(129))))
  })
}
