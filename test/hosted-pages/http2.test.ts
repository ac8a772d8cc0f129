import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { text } from 'node:stream/consumers'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { testCore } from '../helper.js'
import { ORIGIN } from './visit.js'

t.test('over HTTP/2 as over HTTP/1, through a real socket', async (t) => {
  const app = Fastify({ logger: false, http2: true, trustProxy: true })
  t.teardown(() => app.close())
  await app.register(fastify2fa as never, { ...(await testCore()).options, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] }, hostedPages: true })
  const client = connect(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.teardown(() => client.close())

  async function ask (method: string, path: string, headers: Record<string, string> = {}, form: Record<string, string> = {}): Promise<[IncomingHttpHeaders, string]> {
    const stream = client.request({ ':method': method, ':path': path, origin: ORIGIN, 'x-forwarded-for': '203.0.113.7', ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers })
    if (method === 'POST') stream.end(new URLSearchParams(form).toString())
    const [answer] = await once(stream, 'response') as [IncomingHttpHeaders]
    return [answer, await text(stream)]
  }

  t.match(await ask('GET', '/auth'), [{ ':status': 200, 'content-security-policy': /frame-ancestors 'none'/ }, /<h1>Sign in<\/h1>/])
  const [headers] = await ask('POST', '/auth/sign-up', {}, { email: 'alice@example.com', password: 'correct horse 1' })
  t.match(headers, { ':status': 303, location: '/auth/second-factor' })
  const cookie = headers['set-cookie']!.map((one) => one.split(';')[0]).join('; ')
  t.match(await ask('GET', '/auth/second-factor/sms', { cookie }), [{ ':status': 200 }, /Send the code/])
  t.match(await ask('POST', '/auth/second-factor/sms/send', { cookie }, { contact: '+12125550123' }), [{ ':status': 303 }])
  const { code } = (app as unknown as FastifyInstance).twoFactor.outbox.last('+12125550123')!
  t.match(code, /^\d{6}$/)
  t.match(await ask('POST', '/auth', {}, { email: 'alice@example.com', password: 'wrong' }), [{ ':status': 422 }, /The address or the password is wrong/])
})
