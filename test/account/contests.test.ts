import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { UserMetadata } from '../../src/supertokens/for-hosts.js'
import type { Contested } from '../../src/index.js'
import { signUp } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()
const HOUR = 3600
const page = '/auth/account/contest'
const appInfo = { appName: 'Shop & <Co>' }

const metadataOf = async (userId: string) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>
const write = async (userId: string, update: object) => { await UserMetadata.updateUserMetadata(userId, update as never) }

/** An app in which something can be contested, and what was done about it. */
async function build (t: Test, act: (contested: Contested) => Promise<void> = async () => {}) {
  const app = await buildApp(t, { appInfo })
  const acts: Contested[] = []
  app.twoFactor.contests.add({
    purpose: 'test',
    question: 'A code is already on its way.',
    button: 'Too many sign-ups.',
    done: 'Not found',
    async act (contested) {
      acts.push(contested)
      await act(contested)
      return undefined
    }
  })
  return { app, acts }
}

async function link (app: FastifyInstance, userId: string, data: Record<string, string> = {}): Promise<string> {
  const { url, record } = app.twoFactor.contests.make({ purpose: 'test', userId, data }, await metadataOf(userId))
  await write(userId, record)
  return url
}

const tokenIn = (url: string): string => new URL(url).searchParams.get('token')!
const look = (app: FastifyInstance, token: string, headers = {}) => app.inject({ url: `${page}?token=${token}`, headers })
const press = (app: FastifyInstance, token: string, headers = {}) =>
  app.inject({ method: 'POST', url: page, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, payload: new URLSearchParams({ token }).toString() })
const send = (app: FastifyInstance, token: unknown) => app.inject({ method: 'POST', url: page, payload: { token } })

t.test('the link leads to a page with one button, which does it once', async (t) => {
  const { app, acts } = await build(t)
  const { userId } = await signUp(app)
  const url = await link(app, userId, { number: '+12125550101' })
  t.match(url, /^http:\/\/localhost:3000\/auth\/account\/contest\?token=[\w-]{43}\.[\w-]+$/)
  const token = tokenIn(url)

  const shown = await look(app, token)
  t.equal(shown.statusCode, 200)
  t.match(shown.headers['content-type'], 'text/html')
  t.match(shown.body, '<h1>Shop &amp; &lt;Co&gt;</h1><p>A code is already on its way.</p>')
  t.match(shown.body, `<form method="post" action="${page}"><input type="hidden" name="token" value="${token}"><button>Too many sign-ups.</button></form>`)
  t.equal(acts.length, 0, 'a program that looks at mails changes nothing')

  const pressed = await press(app, token)
  t.equal(pressed.statusCode, 200)
  t.match(pressed.body, 'Not found')
  t.notMatch(pressed.body, token)
  t.match(acts, [{ userId, data: { number: '+12125550101' } }])

  for (const again of [await press(app, token), await look(app, token)]) {
    t.equal(again.statusCode, 200)
    t.match(again.body, 'This has been done already.')
    t.notMatch(again.body, '<form')
  }
  t.equal(acts.length, 1)
})

t.test('the page runs nothing, is in no frame, is kept nowhere and tells nobody its address', async (t) => {
  const { app } = await build(t)
  const { userId } = await signUp(app)
  for (const { headers, body } of [await look(app, tokenIn(await link(app, userId))), await look(app, 'x'), await press(app, 'x')]) {
    t.match(headers['content-security-policy'], /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/)
    t.match(headers, { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' })
    t.equal(headers['set-cookie'], undefined)
    t.notMatch(body, /<script|javascript:|src=|href=/)
  }
})

t.test('the page is in the language of the person', async (t) => {
  const { app } = await build(t)
  const { userId } = await signUp(app)
  const shown = await look(app, tokenIn(await link(app, userId)), { 'accept-language': 'de-AT' })
  t.match(shown.headers, { 'content-language': 'de', vary: /accept-language/ })
  t.match(shown.body, /<html lang="de">.*Wenn Sie es waren, schließen Sie diese Seite\./)
  t.match((await look(app, 'x', { 'accept-language': 'fr' })).body, 'Ce lien ne fonctionne pas.')
})

t.test('a frontend of the app uses JSON', async (t) => {
  const { app, acts } = await build(t)
  const { userId } = await signUp(app)
  const token = tokenIn(await link(app, userId))
  t.strictSame((await send(app, token)).json(), { status: 'OK', message: 'Not found' })
  t.match((await send(app, token)).json(), { status: 'OK', message: 'This has been done already. Nothing more is needed.' })
  t.equal(acts.length, 1)
  t.match((await send(app, 'x')).json(), { status: 'GENERAL_ERROR', code: 'AUTH_CONTEST_LINK_INVALID' })
  t.match((await send(app, 1)).json(), { status: 'GENERAL_ERROR', code: 'AUTH_BODY_INVALID' })
  t.match((await send(app, 'x'.repeat(769))).json(), { status: 'GENERAL_ERROR', code: 'AUTH_INPUT_TOO_LONG' })
})

t.test('Mallory gets the same answer for a link that never was, that is too old, and that is another user\'s', async (t) => {
  const { app, acts } = await build(t)
  const [alice, mallory] = [await signUp(app), await signUp(app)]
  const old = tokenIn(await link(app, alice.userId))
  clock.pass(73 * HOUR)
  const own = tokenIn(await link(app, mallory.userId))
  const fresh = tokenIn(await link(app, alice.userId))
  const [secret] = own.split('.')
  const user = (id: string) => Buffer.from(id).toString('base64url')
  const tokens = [
    old, `${secret}.${user(alice.userId)}`, `${randomBytes(32).toString('base64url')}.${user(alice.userId)}`, `${secret}.${user('nobody')}`,
    `${secret}.${user('a\0b')}`, `${secret}.${user('x'.repeat(500))}`, `${secret}.${user('\u{dfff}')}`, `${fresh}=`, fresh.slice(1), '', 'x'
  ]
  const answers = new Set<string>()
  for (const token of tokens) {
    for (const response of [await look(app, encodeURIComponent(token)), await press(app, token)]) {
      answers.add(`${response.statusCode} ${response.body}`)
    }
  }
  t.equal(answers.size, 1)
  t.match([...answers][0], /^404 .*This link does not work\./)
  t.match((await app.inject(page)).statusCode, 400, 'without any')
  t.equal(acts.length, 0)
  t.equal((await press(app, fresh)).statusCode, 200, 'and Alice\'s works')
})

t.test('of many clicks at once, on several replicas, one does it', async (t) => {
  const { app, acts } = await build(t)
  const { userId } = await signUp(app)
  const token = tokenIn(await link(app, userId))
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(app, token)))
  t.equal(acts.length, 1)
  t.ok(answers.every((response) => response.json().status === 'OK' || response.json().code === 'AUTH_CHANGE_UNDER_WAY'), answers.map(({ body }) => body).join())
})

t.test('what fails can be tried again', async (t) => {
  let isDown = true
  const { app, acts } = await build(t, async () => { if (isDown) throw Object.assign(new Error('down'), { code: 'AUTH_INTERNAL' }) })
  const { userId } = await signUp(app)
  const token = tokenIn(await link(app, userId))
  const failed = await press(app, token)
  t.equal(failed.statusCode, 500)
  t.match(failed.body, 'Something went wrong on our side.')
  isDown = false
  t.match((await press(app, token)).body, 'Not found')
  t.equal(acts.length, 2)
})

t.test('an earlier link undoes what came later, and ends the links of it', async (t) => {
  const { app, acts } = await build(t)
  const { userId } = await signUp(app)
  const first = tokenIn(await link(app, userId, { is: 'Alice\'s' }))
  clock.pass(60)
  const second = tokenIn(await link(app, userId, { is: 'Mallory\'s' }))
  t.match((await send(app, first)).json(), { status: 'OK' })
  t.match((await send(app, second)).json(), { code: 'AUTH_CONTEST_LINK_INVALID' }, 'Mallory does not get back what Alice has undone')
  t.strictSame(acts.map(({ data }) => data.is), ['Alice\'s'])
})

t.test('a later link leaves the earlier one', async (t) => {
  const { app, acts } = await build(t)
  const { userId } = await signUp(app)
  const first = tokenIn(await link(app, userId, { is: 'first' }))
  clock.pass(60)
  t.match((await send(app, tokenIn(await link(app, userId, { is: 'second' })))).json(), { status: 'OK' })
  t.match((await send(app, first)).json(), { status: 'OK' })
  t.strictSame(acts.map(({ data }) => data.is), ['second', 'first'])
})

t.test('Mallory cannot push Alice\'s link out by making more, and the metadata does not grow', async (t) => {
  const { app } = await build(t)
  const { userId } = await signUp(app)
  const first = tokenIn(await link(app, userId))
  for (let more = 4; more > 0; more--) await link(app, userId)
  await t.rejects(link(app, userId), { code: 'AUTH_CONTESTS_FULL', statusCode: 409 })
  const links = async () => Object.keys(await metadataOf(userId)).filter((key) => key.startsWith('fastify-2fa:link:')).length
  t.equal(await links(), 5)
  t.match((await send(app, first)).json(), { status: 'OK' })
  t.equal(await links(), 1)
  for (let more = 4; more > 0; more--) await link(app, userId)
  await link(app, userId)
  t.equal(await links(), 5, 'a used one makes room')
  clock.pass(73 * HOUR)
  await link(app, userId)
  t.equal(await links(), 1, 'those whose time is up go')
})

t.test('the Core never has what a link needs, and no log has it', async (t) => {
  const lines: string[] = []
  const app = await buildApp(t, { appInfo }, { logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } })
  app.twoFactor.contests.add({ purpose: 'test', question: 'Not found', button: 'Not found', done: 'Not found', async act () { return undefined } })
  const events = recordAudit(t)
  const { userId } = await signUp(app)
  const token = tokenIn(await link(app, userId))
  const [secret = ''] = token.split('.')
  t.notMatch(JSON.stringify(await metadataOf(userId)), secret)
  await look(app, token)
  await press(app, token)
  await look(app, `${secret}.x`)
  t.match(events.filter(({ type }) => type.startsWith('contest')), [{ type: 'contest.used', userId, reason: 'test' }, { type: 'contest.refused', reason: 'AUTH_CONTEST_LINK_INVALID' }])
  t.match(lines.join(''), page, 'requests were logged')
  t.notMatch(lines.join(''), secret)
  t.notMatch(JSON.stringify(events), secret)
})
