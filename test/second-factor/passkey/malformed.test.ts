import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { signIn, signUp } from '../../../src/testing/index.js'
import { build as buildApp } from '../../helper.js'
import { isFault } from '../../refused.js'
import { createAuthenticator } from './authenticator.js'
import { askToRegister, askToVerify, isIn, register } from './client.js'

// Guesses have no part here, and a lock would hide what each answer says.
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { secondFactors: ['passkey'], limits: { failures: false } })

const encode = (content: string | Buffer): string => Buffer.from(content).toString('base64url')
const clientData = (content: object): string => encode(JSON.stringify(content))

/** Bytes that are no CBOR, or CBOR that is nothing of WebAuthn. */
const BYTES = [
  Buffer.alloc(0), Buffer.from([0xff]), Buffer.from([0xa0]), Buffer.from([0x80]), Buffer.from([0xf6]), Buffer.from([0x1b, 255, 255, 255, 255, 255, 255, 255, 255]),
  // Announces more than there is; and nests deeper than any stack.
  Buffer.from([0xbb, 0, 0, 0, 255, 255, 255, 255, 255]), Buffer.from([0x5b, 0, 0, 0, 255, 255, 255, 255, 255]), Buffer.alloc(6000, 0x81), Buffer.alloc(6000, 0xa1), Buffer.alloc(6000, 0xc1), Buffer.alloc(1000, 0x9f),
  Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex'), Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746141', 'hex'),
  Buffer.alloc(37), Buffer.alloc(37, 255), Buffer.alloc(200, 255), Buffer.alloc(55, 0x41)
]

const NO_CLIENT_DATA = ['', '{', 'null', '[]', '"x"', '{}', '{"challenge":1}', '{"challenge":""}', '{"challenge":null,"origin":{}}', '\u0000', `${'['.repeat(1500)}${']'.repeat(1500)}`, '{"__proto__":{"challenge":"x"}}']

t.test('nothing that a client sends as a credential is a fault of the service, and nothing of it gets in', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const authenticator = createAuthenticator()
  await register(alice, authenticator)

  async function isNoFault (path: string, credential: unknown, label: string): Promise<void> {
    for (const payload of [{ credential }, { credential, name: {} }]) {
      const response = await thief.session.inject({ method: 'POST', url: `/auth/passkey/${path}`, payload })
      t.notOk(isFault(response), `${path}: ${label}: ${response.statusCode} ${response.body.slice(0, 80)}`)
      t.not(response.json<{ status: string }>().status, 'OK', label)
    }
  }

  const thief = await signIn(app, alice)
  const { options } = await askToVerify(thief)
  const good = authenticator.get(options)
  const { challenge } = options
  const responses: Array<[string, object]> = [
    ...NO_CLIENT_DATA.map((text): [string, object] => [text.slice(0, 20), { clientDataJSON: encode(text) }]),
    ...[1, null, {}, [], '', '=', '+/', 'ä', 'x'.repeat(4097)].map((clientDataJSON): [string, object] => ['no text', { clientDataJSON }]),
    ...['challenge', 'origin', 'type', 'crossOrigin', 'tokenBinding'].flatMap((name) => [null, 1, {}, [], 'x'].map((value): [string, object] =>
      [`${name} ${JSON.stringify(value)}`, { clientDataJSON: clientData({ type: 'webauthn.get', challenge, origin: 'http://localhost:3001', [name]: value }) }])),
    ...BYTES.map((bytes): [string, object] => [bytes.toString('hex').slice(0, 20), { authenticatorData: encode(bytes) }]),
    ...BYTES.map((bytes): [string, object] => [bytes.toString('hex').slice(0, 20), { signature: encode(bytes) }]),
    ...['authenticatorData', 'signature', 'userHandle'].flatMap((name) => [1, {}, [], '', 'ä', 'x'.repeat(2049)].map((value): [string, object] => [name, { [name]: value }]))
  ]
  for (const [label, response] of responses) await isNoFault('verify', { ...good, response: { ...good.response, ...response } }, label)
  for (const change of [{ id: 'x' }, { rawId: 'x' }, { id: '' }, { id: 'x'.repeat(1365) }, { type: 'password' }, { type: 1 }, { response: null }, { response: [] }, { response: 'x' }]) {
    await isNoFault('verify', { ...good, ...change }, JSON.stringify(change).slice(0, 40))
  }
  for (const credential of [undefined, null, 1, 'x', [], {}]) await isNoFault('verify', credential, JSON.stringify(credential))
  t.notOk(await isIn(thief))
})

t.test('nor what it sends to register one', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { options } = await askToRegister(alice)
  const good = createAuthenticator().create(options)
  const { challenge } = options

  async function isRefused (change: { response?: object, [member: string]: unknown }, label: string): Promise<void> {
    const response = await alice.session.inject({ method: 'POST', url: '/auth/passkey/register', payload: { credential: { ...good, ...change, response: { ...good.response, ...change.response } } } })
    t.notOk(isFault(response), `${label}: ${response.statusCode} ${response.body.slice(0, 80)}`)
    t.not(response.json<{ status: string }>().status, 'OK', label)
  }

  const authData = Buffer.from(good.response.attestationObject, 'base64url')
  const cut = Array.from({ length: 40 }, (_one, i) => authData.subarray(0, Math.floor(i * authData.length / 40)))
  for (const bytes of [...BYTES, ...cut]) await isRefused({ response: { attestationObject: encode(bytes) } }, `attestationObject ${bytes.toString('hex').slice(0, 20)}`)
  for (const text of NO_CLIENT_DATA) await isRefused({ response: { clientDataJSON: encode(text) } }, text.slice(0, 20))
  for (const name of ['challenge', 'origin', 'type', 'crossOrigin', 'tokenBinding']) {
    for (const value of [1, {}, [], 'x']) await isRefused({ response: { clientDataJSON: clientData({ type: 'webauthn.create', challenge, origin: 'http://localhost:3001', [name]: value }) } }, `${name} ${JSON.stringify(value)}`)
  }
  for (const change of [{ id: 'AAAA', rawId: 'AAAA' }, { rawId: 'AAAA' }, { type: 'x' }, { response: { attestationObject: 'x'.repeat(8193) } }, { response: { transports: 'usb' } }, { response: { transports: ['x'.repeat(33)] } }, { response: { transports: Array(9).fill('usb') } }]) {
    await isRefused(change, JSON.stringify(change).slice(0, 40))
  }
  t.notOk(await isIn(alice))
})

t.test('a registration in which a byte is changed is no fault', async (t) => {
  const app = await build(t)
  for (let i = 0; i < 30; i++) {
    const user = await signUp(app)
    const { id, rawId, type, response } = createAuthenticator().create((await askToRegister(user)).options)
    const bytes = Buffer.from(response.attestationObject, 'base64url')
    bytes[Math.floor(i * bytes.length / 30)]! ^= 1 << (i % 8)
    const credential = { id, rawId, type, response: { ...response, attestationObject: encode(bytes) } }
    const answer = await user.session.inject({ method: 'POST', url: '/auth/passkey/register', payload: { credential } })
    t.notOk(isFault(answer), `byte ${i} of 30: ${answer.body}`)
  }
})
