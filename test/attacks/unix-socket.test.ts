import { mkdtempSync, rmSync } from 'node:fs'
import { request, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { FastifyServerOptions } from 'fastify'
import { networksOf } from '../../src/limits/network.js'
import { build } from '../helper.js'
import { setNodeEnv } from '../node-env.js'

interface Answer { status: number, headers: IncomingHttpHeaders, body: { status?: string, message?: string } }

const ORIGIN = 'http://localhost:3000'

/** The service on a unix socket, with its limits, and a client of it. */
async function listen (t: Test, server: FastifyServerOptions = {}) {
  setNodeEnv(t, 'test')
  const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const app = await build(t, { limits: { signIn: { perAddress: 4, refusalTime: 0 } }, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] }, hostedPages: true }, server)
  const socketPath = join(folder, 'service')
  await app.listen({ path: socketPath })

  const send = async (path: string, body: string, headers: Record<string, string>): Promise<Answer> => await new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method: 'POST', headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
      response.on('end', () => {
        const isJson = response.headers['content-type']?.includes('json') === true
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: isJson ? JSON.parse(text) as Answer['body'] : {} })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
  return {
    post: (path: string, body: object, headers: Record<string, string> = {}) => send(path, JSON.stringify(body), { 'content-type': 'application/json', rid: 'anti-csrf', ...headers }),
    form: (path: string, body: Record<string, string>, headers: Record<string, string> = {}) =>
      send(path, new URLSearchParams(body).toString(), { 'content-type': 'application/x-www-form-urlencoded', origin: ORIGIN, ...headers })
  }
}

const fields = (email: string, password = 'correct horse 1') => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })

t.test('clients without an address sign up, sign in and reset, and count as one network', async (t) => {
  const { post } = await listen(t)
  t.match(await post('/auth/signup', fields('a@example.com')), { status: 200, body: { status: 'OK' } })
  const signedIn = await post('/auth/signin', fields('a@example.com'), { 'st-auth-mode': 'header' })
  t.match(signedIn, { status: 200, body: { status: 'OK' } })
  t.match(await post('/auth/user/password/reset/token', { formFields: [{ id: 'email', value: 'a@example.com' }] }), { status: 200, body: { status: 'OK' } })
  const code = await post('/auth/signinup/code', { phoneNumber: '+12125550101' }, { authorization: `Bearer ${String(signedIn.headers['st-access-token'])}` })
  t.match(code, { status: 200, body: { status: 'OK' } })
  for (let i = 0; i < 4; i++) t.match(await post('/auth/signin', fields(`nobody-${i}@example.com`)), { status: 200, body: { status: 'WRONG_CREDENTIALS_ERROR' } })
  t.match(await post('/auth/signin', fields('nobody-5@example.com')), { status: 200, body: { status: 'GENERAL_ERROR' } }, 'the limit per address holds')
})

t.test('behind a proxy that is trusted they have the address that it reports', async (t) => {
  const { post } = await listen(t, { trustProxy: true })
  const guess = (from: string, i: number) => post('/auth/signin', fields(`somebody-${i}@example.com`), from === '' ? {} : { 'x-forwarded-for': from })
  for (let i = 0; i < 4; i++) t.match(await guess('192.0.2.1', i), { body: { status: 'WRONG_CREDENTIALS_ERROR' } })
  t.match(await guess('192.0.2.1', 5), { body: { status: 'GENERAL_ERROR' } })
  t.match(await guess('192.0.2.2', 6), { body: { status: 'WRONG_CREDENTIALS_ERROR' } })
  t.match(await guess('', 7), { body: { status: 'WRONG_CREDENTIALS_ERROR' } })
})

t.test('they have a network of their own', async (t) => {
  t.strictSame(networksOf(undefined), [{ name: 'local', share: 1 }])
})

t.test('hosted pages give them no other one: where loopback is a trusted proxy, they cannot write addresses of their own', async (t) => {
  const { post, form } = await listen(t, { trustProxy: 'loopback' })
  const guess = (i: number) => form('/auth', { email: `somebody-${i}@example.com`, password: 'wrong horse 1' }, { 'x-forwarded-for': `192.0.2.${i}` })
  for (let i = 0; i < 4; i++) t.match(await guess(i), { status: 422 })
  t.match(await guess(4), { status: 429 })
  t.match(await post('/auth/signin', fields('somebody-5@example.com'), { 'x-forwarded-for': '192.0.2.5' }), { body: { status: 'GENERAL_ERROR' } }, 'they are counted together with calls of the interface')
})
