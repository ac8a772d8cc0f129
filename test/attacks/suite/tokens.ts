import { createHmac, createPublicKey, createSign, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import * as Session from 'supertokens-node/recipe/session'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import { convertToRecipeUserId } from 'supertokens-node'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { accessTokenOf, assertOut, BOTH_VEHICLES, createClient, describe, finishedUser, isIn, newUser, payloadOf, post, refreshTokenOf, withPassword } from './clients.js'
import { answerOf, MADE_UP, passFactor, requestChallenge, restartOf, wayOf } from './way.js'

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const cookie = (token: string) => ({ cookie: `sAccessToken=${token}` })

export async function attackTokens (t: Test, app: FastifyInstance): Promise<void> {
  const claim = app.twoFactor.secondFactor.claim.key
  const { ask, answer, input, forged, wrong, lateStatus = 'RESTART_FLOW_ERROR' } = wayOf(app)
  const guarded = [['GET', '/me'], ['POST', '/host/state'], ['POST', ask], ['POST', answer]] as const

  async function refused (t: Test, headers: Record<string, string>, what: string): Promise<void> {
    for (const [method, url] of guarded) {
      const response = await app.inject({ method, url, headers: { rid: 'session', ...headers }, ...(method === 'POST' && { payload: MADE_UP }) })
      t.ok([400, 401].includes(response.statusCode), `${what}: ${method} ${url} answers ${response.statusCode} ${response.body}`)
    }
  }

  await t.test('signs a token of one\'s own', async (t) => {
    const alice = await newUser(app)
    const [head = '', body = '', signature = ''] = accessTokenOf(alice.session).split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string }
    const payload = encode({ ...payloadOf(alice.session), [claim]: { v: true, t: Date.now() } })
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = publicKey.export({ format: 'jwk' })
    const { keys } = (await app.inject('/auth/jwt/jwks.json')).json<{ keys: JsonWebKey[] }>()
    const pem = createPublicKey({ key: keys[0]!, format: 'jwk' }).export({ format: 'pem', type: 'spki' })
    const rs256 = (head: string) => `${head}.${payload}.${createSign('RSA-SHA256').update(`${head}.${payload}`).sign(privateKey, 'base64url')}`
    const none = encode({ ...header, alg: 'none' })
    const hs256 = encode({ ...header, alg: 'HS256' })
    const tokens = {
      'another payload': `${head}.${payload}.${signature}`,
      'no signature': `${none}.${payload}.`,
      'no signature, spelt otherwise': `${encode({ ...header, alg: 'nOnE' })}.${payload}.`,
      'another key of the same name': rs256(head),
      'a key in the header': rs256(encode({ ...header, jwk })),
      'a key elsewhere': rs256(encode({ ...header, jku: 'http://127.0.0.1:1/jwks.json', x5u: 'http://127.0.0.1:1/' })),
      'an unknown key': rs256(encode({ ...header, kid: 'd-1' })),
      'a key by path': rs256(encode({ ...header, kid: '../../../dev/null' })),
      'no key name': rs256(encode({ alg: 'RS256', version: '5' })),
      'an old version': rs256(encode({ ...header, version: '2' })),
      'no version': `${rs256(encode({ alg: 'RS256', typ: 'JWT' }))}`,
      'the public key as a secret': `${hs256}.${payload}.${createHmac('sha256', pem).update(`${hs256}.${payload}`).digest('base64url')}`,
      'a signature with more after it': `${head}.${body}.${signature}.x`,
      'the refresh token': refreshTokenOf(alice.session),
      'the front token': Buffer.from(JSON.stringify({ uid: alice.userId, up: {}, ate: Date.now() + 1000 })).toString('base64')
    }
    // Before and after the guards know the real token.
    for (const [what, token] of Object.entries(tokens)) {
      await refused(t, bearer(token), what)
      await refused(t, cookie(encodeURIComponent(token)), what)
    }
    t.equal((await app.inject({ method: 'POST', url: '/auth/session/refresh', headers: { rid: 'session', cookie: `sRefreshToken=${accessTokenOf(alice.session)}` } })).statusCode, 401)
  })

  await t.test('puts the token where none belongs', async (t) => {
    const { session } = await finishedUser(app)
    const token = accessTokenOf(session)
    t.equal((await app.inject({ url: '/me', headers: bearer(token) })).statusCode, 200)
    for (const headers of [{ authorization: token }, { authorization: `bearer ${token}` }, { authorization: `Basic ${token}` }, { authorization: `Token ${token}` }, { 'st-access-token': token }, { 'x-access-token': token }, { cookie: `saccesstoken=${token}` }, { cookie: `__Host-sAccessToken=${token}` }]) {
      await refused(t, headers as Record<string, string>, JSON.stringify(headers).slice(0, 40))
    }
    t.equal((await app.inject(`/me?sAccessToken=${token}&access_token=${token}&token=${token}`)).statusCode, 401)
    t.equal((await app.inject({ method: 'POST', url: '/host/state', payload: { sAccessToken: token } })).statusCode, 401)
  })

  await t.test('sends two sessions in one request', async (t) => {
    const [alice, mallory] = [await newUser(app), await finishedUser(app)]
    const [hers, his] = [accessTokenOf(alice.session), accessTokenOf(mallory.session)]
    const headers = { rid: 'session', ...bearer(hers), cookie: `sAccessToken=${his}` }
    // The header counts, for the guard and for each step of the second factor alike.
    for (let i = 0; i < 2; i++) {
      t.equal((await app.inject({ url: '/me', headers })).statusCode, 403, 'the finished session beside it does not help')
      t.equal((await app.inject({ url: '/me', headers: { ...headers, ...bearer(his), cookie: `sAccessToken=${hers}` } })).json().userId, mallory.userId)
    }
    const asked = await app.inject({ method: 'POST', url: ask, headers: { ...headers, cookie: `sAccessToken=${his}` }, payload: input(alice) })
    t.equal(asked.json().status, 'OK', 'Alice asks')
    const payload = wayOf(app).candidates(app, [asked.json<Record<string, string>>()])[0] ?? {}
    const swapped = await app.inject({ method: 'POST', url: answer, headers: { ...headers, ...bearer(his), cookie: `sAccessToken=${hers}` }, payload })
    t.same(swapped.json(), restartOf(app), 'Mallory does not finish')
    const spent = await app.inject({ method: 'POST', url: answer, headers: { ...headers, 'st-auth-mode': 'cookie' }, payload })
    t.equal(spent.json().status, 'OK')
    t.equal(spent.cookies.filter(({ name }) => name === 'sAccessToken').length, 0, 'a header session stays one')
    const answered = JSON.parse(Buffer.from(String(spent.headers['st-access-token']).split('.')[1] ?? '', 'base64url').toString()) as { sub: string }
    t.equal(answered.sub, alice.userId)
    await assertOut(t, alice.session, 'her old token')

    for (const names of ['sAccessToken=<hers>; sAccessToken=<his>', 'sAccessToken=<his>; sAccessToken=<hers>', 'sAccess%54oken=<hers>; sAccessToken=<his>', 'sAccessToken=<hers>; x=1; sAccess%54oken=<his>', 'sAccessToken="<hers>"; sAccessToken=<his>', 'sAccessToken=; sAccessToken=<hers>']) {
      await refused(t, { cookie: names.replace('<hers>', hers).replace('<his>', his) }, names)
    }
  })

  await t.test('writes back what the operator has taken away', async (t) => {
    for (const manner of BOTH_VEHICLES) {
      const alice = await finishedUser(app, manner)
      const handle = payloadOf(alice.session).sessionHandle
      await post(alice.session, '/host/payload', { role: 'admin', kept: 'yes' })
      t.ok(await isIn(alice.session))
      await Session.setClaimValue(handle, app.twoFactor.secondFactor.claim, false)
      await Session.mergeIntoAccessTokenPayload(handle, { role: null })
      t.equal((await post(alice.session, '/host/payload', { note: 'x' })).statusCode, 200, 'the token still says otherwise')
      await assertOut(t, alice.session, `${describe(manner)}, the new token`)
      t.equal((await post(alice.session, '/auth/session/refresh')).statusCode, 200)
      await assertOut(t, alice.session, `${describe(manner)}, refreshed`)
      const { role, note, kept } = payloadOf(alice.session)
      t.strictSame([role, note, kept], [undefined, 'x', 'yes'])
    }
  })

  await t.test('finishes with a stale token, and brings back what was taken away', async (t) => {
    const alice = await finishedUser(app)
    await post(alice.session, '/host/payload', { role: 'admin' })
    const challenge = await requestChallenge(app, alice)
    await Session.mergeIntoAccessTokenPayload(payloadOf(alice.session).sessionHandle, { role: null })
    t.equal((await post(alice.session, answerOf(app, challenge), challenge)).json().status, 'OK')
    t.equal(payloadOf(alice.session).role, undefined)
    const information = await Session.getSessionInformation(payloadOf(alice.session).sessionHandle)
    t.equal((information?.customClaimsInAccessTokenPayload as { role?: string }).role, undefined)
  })

  await t.test('uses a token again after its session was ended or its claim taken away', async (t) => {
    for (const manner of BOTH_VEHICLES) {
      const alice = await finishedUser(app, manner)
      const thief = alice.session.copy()
      t.ok(await isIn(thief), 'the guards know it')
      await post(alice.session, '/auth/signout')
      t.equal((await thief.inject('/host/alive')).statusCode, 401)
      t.equal((await post(thief.copy(), ask, input(alice))).statusCode, 401)
      t.equal((await post(thief.copy(), '/auth/session/refresh')).statusCode, 401)
      await assertOut(t, alice.session)
    }
    const alice = await finishedUser(app)
    await Session.setClaimValue(payloadOf(alice.session).sessionHandle, app.twoFactor.secondFactor.claim, false)
    await post(alice.session, '/auth/session/refresh')
    await assertOut(t, alice.session)
  })

  await t.test('forges a challenge in what the app keeps in the session', async (t) => {
    const [alice, mallory] = [await newUser(app), await newUser(app)]
    const challenge = await requestChallenge(app, mallory)
    const planted = { 'fastify-2fa:challenge': forged(challenge, alice), visits: 1 }
    t.same((await post(alice.session, '/host/data', planted)).json(), { visits: 1 })
    t.same((await post(alice.session, answer, challenge)).json(), restartOf(app))
    await post(alice.session, '/host/data', JSON.parse('{"__proto__":{"fastify-2fa:challenge":{}},"constructor":{"prototype":{"polluted":1}}}') as object)
    t.equal(Reflect.get({}, 'polluted'), undefined)
    // Or when the session is made.
    const session = await Session.createNewSessionWithoutRequestResponse('public', convertToRecipeUserId(alice.userId), {}, planted)
    const client = createClient(app, { transferMethod: 'header', fdiVersion: undefined })
    client.tokens.set('st-access-token', session.getAccessToken())
    t.same((await post(client, answer, challenge)).json(), restartOf(app))
    t.same((await Session.getSessionInformation(session.getHandle()))?.sessionDataInDatabase, { visits: 1 })
    await assertOut(t, client)
    t.same((await UserMetadata.getUserMetadata(alice.userId)).metadata[wayOf(app).record], undefined)
  })

  await t.test('says so in the payload', async (t) => {
    const alice = await newUser(app)
    for (const payload of [{ [claim]: true }, { 'st-perm': { v: ['*'] } }, { [`${claim}.v`]: true }]) {
      await post(alice.session, '/host/payload', payload)
      await assertOut(t, alice.session, JSON.stringify(payload))
    }
    await post(alice.session, '/host/payload', { sub: 'x', sessionHandle: 'x', tId: 'other', rsub: 'x' })
    t.strictSame([payloadOf(alice.session).sub, payloadOf(alice.session).tId], [alice.userId, 'public'])
  })

  await t.test('waits until the second factor is old', async (t) => {
    const alice = await finishedUser(app)
    const { now } = Date
    t.teardown(() => { Date.now = now })
    t.equal((await alice.session.inject('/examples/fresh-second-factor')).statusCode, 200)
    Date.now = () => now() + 301_000
    const late = await alice.session.inject('/examples/fresh-second-factor')
    t.equal(late.statusCode, 403)
    t.equal(late.json().claimValidationErrors[0].reason.message, 'expired')
    t.ok(await isIn(alice.session), 'which takes nothing else away')
    const guess = wrong(await requestChallenge(app, alice))
    t.not((await post(alice.session, answerOf(app, guess), guess)).json().status, 'OK')
    t.equal((await alice.session.inject('/examples/fresh-second-factor')).statusCode, 403)
    t.ok(await isIn(alice.session), 'nor does a wrong code')
    await passFactor(app, alice)
    t.equal((await alice.session.inject('/examples/fresh-second-factor')).statusCode, 200)
    const again = await withPassword(app, alice)
    const stale = await requestChallenge(app, again)
    Date.now = () => now() + 301_000 + 301_000
    t.equal((await post(again.session, answerOf(app, stale), stale)).json().status, lateStatus, 'a code lives five minutes')
  })
}
