import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { formatEvent, parseEvent } from '../../src/revocations/event.js'
import { newPhoneNumber, passSecondFactor, requestCode, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build, testCore } from '../helper.js'
import { pathTo } from '../root.js'

/**
 * During an upgrade, replicas of the last release and of this one work on one Core and one Redis. What they write is kept
 * here as the last release wrote it, with placeholders for what differs each time. A release that writes something else has
 * to be understood by replicas of the last one, and understand them: then `WRITE_RECORDS=true` notes the new form.
 */
const FILE = pathTo('test/upgrades/0.1.0.json')

type Json = Record<string, unknown>
interface Records { data: Json, payload: Json, metadata: Json }
type Moment = 'signedUp' | 'asked' | 'passed' | 'askedAgain'
type Release = Record<Moment, Records> & { revocation: Json }

async function core (method: string, path: string, body?: Json): Promise<Json> {
  const { fetch, connectionURI } = await testCore()
  const answer = await fetch(connectionURI + path, { method, headers: { 'cdi-version': '5.4', 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) })
  return await answer.json() as Json
}

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sessionHandle: string }

async function recordsOf ({ session, userId }: SignedInUser): Promise<Records> {
  const { userDataInDatabase: data, userDataInJWT: payload } = await core('GET', `/recipe/session?sessionHandle=${claimsOf(session.cookies.get('sAccessToken')!).sessionHandle}`)
  const { metadata } = await core('GET', `/recipe/user/metadata?userId=${userId}`)
  return { data, payload, metadata } as Records
}

const SHAPES: [RegExp, string][] = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>'], [/\+1212\d{7}/g, '<phone>'], [/network:[\w-]{32}/g, 'network:<hash>'], [/"[\w-]{43}"/g, '"<challenge>"'],
  [/\b1[6-9]\d{11}\b/g, '"<ms>"'], [/\b1[6-9]\d{8}\b/g, '"<s>"']
]
const shapeOf = <Value>(value: Value): Value => JSON.parse(SHAPES.reduce((text, [pattern, name]) => text.replace(pattern, name), JSON.stringify(value))) as Value

/** A record of the last release, for somebody of now. */
function filled (records: Records, values: { phone: string, id: string, challenge?: string }): Records {
  const text = JSON.stringify(records)
    .replaceAll('"<ms>"', String(Date.now())).replaceAll('"<s>"', String(Math.floor(Date.now() / 1000)))
    .replaceAll('<phone>', values.phone).replaceAll('<id>', values.id).replaceAll('<challenge>', values.challenge ?? '').replaceAll('<hash>', 'x'.repeat(32))
  return JSON.parse(text) as Records
}

const lastRelease = (): Release => JSON.parse(readFileSync(FILE, 'utf8')) as Release

t.test('what is written is what the last release wrote, so that its replicas can go on with it', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const written: Partial<Release> = { signedUp: await recordsOf(user) }
  await requestCode(app, user)
  written.asked = await recordsOf(user)
  await passSecondFactor(app, user)
  written.passed = await recordsOf(user)
  const again = await signIn(app, user)
  await requestCode(app, again)
  written.askedAgain = await recordsOf(again)
  written.revocation = JSON.parse(formatEvent({ type: 'session-revoked', sessionHandles: [user.userId], userId: user.userId, tenantId: 'public', at: Date.now(), reason: 'signed-out' })) as Json
  const shape = shapeOf(written)
  if (process.env.WRITE_RECORDS === 'true') writeFileSync(FILE, `${JSON.stringify(shape, null, 2)}\n`)
  t.strictSame(shape, shapeOf(lastRelease()))
})

/** A session as a replica of the last release has left it. */
async function sessionOf (userId: string, { data, payload, metadata }: Records): Promise<{ authorization: string, 'st-auth-mode': string }> {
  await core('PUT', '/recipe/user/metadata', { userId, metadataUpdate: metadata })
  const { accessToken } = await core('POST', '/recipe/session', { userId, userDataInJWT: payload, userDataInDatabase: data, enableAntiCsrf: false, useDynamicSigningKey: true })
  return { authorization: `Bearer ${(accessToken as { token: string }).token}`, 'st-auth-mode': 'header' }
}

t.test('what a replica of the last release has begun is finished by one of this, once', async (t) => {
  const app = await build(t)
  const release = lastRelease()
  for (const moment of ['asked', 'askedAgain'] as const) {
    const { userId } = await signUp(app)
    const phone = newPhoneNumber()
    const code = await core('POST', '/recipe/signinup/code', { phoneNumber: phone })
    let id = String(code.codeId)
    if (moment === 'askedAgain') {
      const { deviceId, preAuthSessionId, userInputCode } = await core('POST', '/recipe/signinup/code', { phoneNumber: phone })
      const { user } = await core('POST', '/recipe/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode }) as { user: { id: string } }
      id = user.id
    }
    const { deviceId, preAuthSessionId, userInputCode } = moment === 'asked' ? code : await core('POST', '/recipe/signinup/code', { phoneNumber: phone })
    const records = filled(release[moment], { phone, id, challenge: String(preAuthSessionId) })
    const headers = await sessionOf(userId, records)
    t.equal((await app.inject({ url: '/examples/second-factor', headers })).statusCode, 403, `${moment}: not passed yet`)
    const answer = () => app.inject({ method: 'POST', url: '/auth/signinup/code/consume', headers, payload: { deviceId, preAuthSessionId, userInputCode } })
    const passed = await answer()
    t.match(passed.json(), { status: 'OK' }, moment)
    const token = String(passed.headers['st-access-token'])
    t.equal((await app.inject({ url: '/examples/second-factor', headers: { ...headers, authorization: `Bearer ${token}` } })).statusCode, 200)
    t.notMatch((await answer()).json(), { status: 'OK' }, 'no code works twice')
  }
})

t.test('a session whose second factor the last release has seen passes the guard', async (t) => {
  const app = await build(t)
  const { userId } = await signUp(app)
  const headers = await sessionOf(userId, filled(lastRelease().passed, { phone: newPhoneNumber(), id: userId }))
  t.equal((await app.inject({ url: '/examples/second-factor', headers })).statusCode, 200)
})

t.test('what the last release tells of sessions that end is understood, and what nobody knows yet is left out', async (t) => {
  const told = JSON.stringify(lastRelease().revocation).replaceAll('<id>', 'a-handle').replace('"<ms>"', String(Date.now()))
  t.match(parseEvent(told), { type: 'session-revoked', sessionHandles: ['a-handle'], reason: 'signed-out' })
  t.equal(parseEvent(JSON.stringify({ type: 'of-a-later-version', at: 1 })), undefined)
})
