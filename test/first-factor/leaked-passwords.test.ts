import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { setImmediate } from 'node:timers'
import t from 'tap'
import { createTestSession } from '../../src/testing/index.js'
import { build } from '../helper.js'

const LEAKED = 'velvet cucumber 7'
const PADDED = 'granite umbrella 3'
const hashOf = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase()

const asked: IncomingMessage[] = []
let reply: (response: ServerResponse, prefix: string) => void

/** As Pwned Passwords answers: the rest of each hash and how often it was seen, 0 times for what pads the answer. */
const honest: typeof reply = (response, prefix) => {
  const lines = [[LEAKED, 12], [PADDED, 0]].map(([password, times]) => [hashOf(String(password)), times] as const).filter(([hash]) => hash.startsWith(prefix))
  response.end(['0018A45C4D1DEF81644B54AB7F969B88D65:3', ...lines.map(([hash, times]) => `${hash.slice(5)}:${times}`), '00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2'].join('\r\n'))
}

const server = createServer((request, response) => {
  asked.push(request)
  reply(response, request.url!.slice(-5))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
t.teardown(() => {
  server.closeAllConnections()
  server.close()
})
const leakedPasswords = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/`, timeout: 0.2 }
const limits = { signUps: false, sends: false } as const

let count = 0
async function signUpWith (app: FastifyInstance, password: string): Promise<{ status: string, formFields?: { error: string }[] }> {
  const formFields = [{ id: 'email', value: `quentin${++count}@leak-test.example` }, { id: 'password', value: password }]
  return (await createTestSession(app).inject({ method: 'POST', url: '/auth/signup', payload: { formFields } })).json()
}

t.beforeEach(() => {
  asked.length = 0
  reply = honest
})

t.test('a password that has leaked is refused where it is chosen, and the service learns five digits of its hash', async (t) => {
  const app = await build(t, { leakedPasswords, limits })
  const error = 'This password has leaked from another service, so it is guessed first. Please choose another one.'
  t.strictSame(await signUpWith(app, LEAKED), { status: 'FIELD_ERROR', formFields: [{ id: 'password', error }] })
  t.strictSame(asked.map(({ method, url }) => `${method} ${url}`), [`GET /range/${hashOf(LEAKED).slice(0, 5)}`], 'asked once in a request')
  t.equal(asked[0]?.headers['add-padding'], 'true')
  t.strictSame(Object.keys(asked[0]!.headers).filter((name) => /cookie|authorization|origin|referer|forwarded/.test(name)), [])

  t.equal((await signUpWith(app, 'harmless marmalade')).status, 'OK')
  t.equal((await signUpWith(app, PADDED)).status, 'OK', 'what only pads the answer has not leaked')
  t.equal(hashOf(LEAKED.normalize('NFKC')), hashOf('ｖｅｌｖｅｔ cucumber 7'.normalize('NFKC')))
  t.equal((await signUpWith(app, 'ｖｅｌｖｅｔ cucumber 7')).status, 'FIELD_ERROR', 'as it would be stored')

  asked.length = 0
  await app.twoFactor.reload({ leakedPasswords: { ...leakedPasswords, url: leakedPasswords.url.replace('/range/', '/with-another-key/') } })
  t.equal((await signUpWith(app, LEAKED)).status, 'FIELD_ERROR')
  t.match(asked, [{ url: /^\/with-another-key\// }], 'its address may have a key in it, which can change')
})

t.test('what is refused anyhow is not looked up, and signing in never is', async (t) => {
  const app = await build(t, { leakedPasswords, limits })
  for (const password of ['short', 'Password1', 'quentin12345', 'x'.repeat(80)]) await signUpWith(app, password)
  await signUpWith(app, 'harmless marmalade')
  t.equal(asked.length, 1)
  const formFields = [{ id: 'email', value: `quentin${count}@leak-test.example` }, { id: 'password', value: 'harmless marmalade' }]
  t.equal((await createTestSession(app).inject({ method: 'POST', url: '/auth/signin', payload: { formFields } })).json().status, 'OK')
  t.equal(asked.length, 1)
})

const troubles: Record<string, typeof reply> = {
  'an error': (response) => { response.writeHead(500).end(LEAKED) },
  'a limit': (response) => { response.writeHead(429).end() },
  'a redirect': (response) => { response.writeHead(302, { location: leakedPasswords.url }).end() },
  'a connection that breaks': (response) => { response.destroy() },
  'an answer that never ends': (response) => {
    // Where nobody reads any more, Node 24 calls back at once: without a pause, nothing else would happen again.
    const write = (): void => {
      if (!response.destroyed && response.socket?.destroyed === false) response.write('0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n'.repeat(10_000), () => { setImmediate(write) })
    }
    write()
  },
  'no answer': () => {}
}

for (const [trouble, answer] of Object.entries(troubles)) {
  t.test(`with ${trouble} in place of an answer the password is accepted, and the log says so without what was asked`, async (t) => {
    const lines: string[] = []
    const app = await build(t, { leakedPasswords, limits }, { logger: { level: 'warn', stream: { write: (line: string) => { lines.push(line) } } } })
    reply = answer
    t.equal((await signUpWith(app, LEAKED)).status, 'OK')
    t.match(lines.join(''), /a password was accepted that could not be looked up among the leaked ones/)
    t.notMatch(lines.join(''), new RegExp(hashOf(LEAKED).slice(0, 5), 'i'))
    t.notMatch(lines.join(''), LEAKED)
  })
}

t.test('a service that is down is left alone, so that nobody waits for it', async (t) => {
  const lines: string[] = []
  const app = await build(t, { leakedPasswords, limits }, { logger: { level: 'warn', stream: { write: (line: string) => { lines.push(line) } } } })
  reply = (response) => { response.writeHead(503).end() }
  for (let tries = 0; tries < 8; tries++) t.equal((await signUpWith(app, LEAKED)).status, 'OK')
  t.equal(asked.length, 5)
  t.match(lines.join(''), /the service of leaked passwords does not answer/)
})

t.test('strangers cannot have any number of passwords looked up at once', async (t) => {
  const app = await build(t, { leakedPasswords, limits })
  reply = () => {}
  const answers = await Promise.all(Array.from({ length: 24 }, () => signUpWith(app, LEAKED)))
  t.ok(answers.every(({ status }) => status === 'OK'))
  t.ok(asked.length <= 16, `${asked.length} look-ups`)
})
