import t from 'tap'
import { AGENDA_USER } from '../../src/account/agenda.js'
import { unlockSecondFactor } from '../../src/index.js'
import { requestCode, signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { build } from '../helper.js'
import { ADMIN, admin, client, HELPDESK, READER } from '../routes/admin-helper.js'

const app = await build(t, { admin, accountRecovery: true, recoveryCodes: false, limits: { sends: false, signIn: false, signUps: false } }, { trustProxy: true })
const call = client(app)
const because = { reason: 'ticket 4711' }

t.test('attack: nobody deletes what owners are still to be told of', async (t) => {
  const { userId } = await signInWithSecondFactor(app)
  const { core } = app.twoFactor.operations
  t.equal((await call(`POST /admin/v1/users/${userId}/recovery`, because)).statusCode, 200)
  t.match(await call(`DELETE /admin/v1/users/${AGENDA_USER}`, because), { statusCode: 404, json: { code: 'AUTH_USER_UNKNOWN' } })
  t.hasProp(await core.metadata(AGENDA_USER), `recovery:${userId}`)
})

t.test('attack: with the password and a key of the helpdesk, nobody goes on guessing codes', async (t) => {
  const user = await signInWithSecondFactor(app)
  const thief = await signIn(app, user)
  const unlocks = ['unlock', 'recovery']
  let guesses = 0
  for (let round = 0; round < 10; round++) {
    const code = await requestCode(app, thief).catch(() => undefined)
    for (const _ of code === undefined ? [] : Array(4).keys()) {
      const answer = await thief.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...code, userInputCode: 'wrong' } })
      if (answer.json<{ status: string }>().status === 'INCORRECT_USER_INPUT_CODE_ERROR') guesses++
    }
    await call(`POST /admin/v1/users/${user.userId}/${unlocks[round % 2]}`, because, { key: HELPDESK })
  }
  t.ok(guesses <= 4 * 5, `${guesses} guesses`)
  const events = recordAudit(t)
  t.match(await call(`POST /admin/v1/users/${user.userId}/unlock`, because, { key: HELPDESK }), { statusCode: 429, headers: { 'retry-after': /^\d+$/ } })
  t.match(events.at(-1), { type: 'admin.refused', actor: 'key:desk', userId: user.userId, reason: 'unlock: AUTH_LIMIT_REACHED' })
  t.equal((await call(`POST /admin/v1/users/${user.userId}/unlock`, because, { key: ADMIN })).statusCode, 200, 'an admin can')
  await t.resolves(unlockSecondFactor(app, user.userId, { by: 'otto', ...because }))
})

t.test('an unlock that is refused is none', async (t) => {
  const { userId } = await signIn(app, await signInWithSecondFactor(app))
  for (let i = 0; i < 5; i++) t.equal((await call(`POST /admin/v1/users/${userId}/unlock`, {}, { key: HELPDESK })).statusCode, 400)
  t.equal((await call(`POST /admin/v1/users/${userId}/unlock`, because, { key: HELPDESK })).statusCode, 200)
})

t.test('attack: where every proxy is trusted, nobody writes into the audit what is no address', async (t) => {
  const events = recordAudit(t)
  const headers = (ip: string) => ({ key: 'x'.repeat(40), headers: { 'x-forwarded-for': ip } })
  for (const ip of [`"><script>\u2028${'A'.repeat(3000)}`, 'fe80::1%<script>', 'a'.repeat(3000), '[::1', '203.0.113.7:443']) await call('GET /admin/v1/users', undefined, headers(ip))
  t.strictSame(events.map(({ address }) => address), [undefined, 'fe80::1', undefined, undefined, '203.0.113.7'])
})

t.test('attack: a number that has fewer digits elsewhere in its country is not read digit by digit', async (t) => {
  const phoneNumber = '+4915112345678'
  const { userId } = await signInWithSecondFactor(app, { phoneNumber })
  const find = async (search: string, key: string) => (await call(`GET /admin/v1/users?search=${encodeURIComponent(search)}`, undefined, { key })).json.people
  for (const key of [READER, HELPDESK]) {
    t.match(await find(phoneNumber, key), [{ userId }])
    t.match(await find('+49 151 1234 5678', key), [{ userId }])
    for (let digits = 1; digits < 8; digits++) t.strictSame(await find(phoneNumber.slice(0, -digits), key), [], `${digits} less`)
  }
  t.match(await find(phoneNumber.slice(0, -3), ADMIN), [{ userId }])
})

t.test('attack: nobody takes the list of all people out without a trace', async (t) => {
  const { email } = await signInWithSecondFactor(app)
  const events = recordAudit(t)
  const { json, body } = await call('GET /admin/v1/users?limit=2')
  t.match(body, email)
  t.equal((json.people as unknown[]).length, 2)
  t.match(events, [{ type: 'admin.viewed', actor: 'key:ops', reason: '2 people', userId: undefined }])
})
