import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { run } from '../../src/commands/run.js'
import { fastify2fa, require2FA, type Fastify2faOptions } from '../../src/index.js'
import type { ProviderInput } from '../../src/supertokens/for-hosts.js'
import type { Report } from '../../src/migrate/adopt/report.js'

export interface Product {
  app: FastifyInstance
  origin: string
  codeFor (phoneNumber: string): Promise<string>
}

type FirstFactor = NonNullable<Fastify2faOptions['firstFactor']>

const off = false

/** Starts this product on the Core of another app. */
export async function startProduct (t: Test, connectionURI: string, firstFactor: FirstFactor = 'email-password', thirdPartyProviders: ProviderInput[] = []): Promise<Product> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, {
    core: { connectionURI },
    firstFactor,
    thirdPartyProviders,
    sms: { provider: 'log' },
    mail: { provider: 'log' },
    limits: { sends: off, signIn: off, signUps: off, mails: off }
  })
  app.get('/any', { preHandler: require2FA }, async () => 'in')
  app.get('/recent', { preHandler: require2FA, config: { secondFactor: { maxAge: '1h' } } }, async () => 'in')
  app.get('/by-code', { preHandler: require2FA, config: { secondFactor: { factors: ['sms'] } } }, async () => 'in')
  await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    app,
    origin: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    codeFor: async (phoneNumber) => app.twoFactor.outbox.last(phoneNumber)?.code ?? ''
  }
}

/** `fastify-2fa migrate`, with the settings of the product. */
export async function migrate (t: Test, connectionURI: string, firstFactor: FirstFactor, ...words: string[]): Promise<{ code: number, report: Report }> {
  let out = ''
  const env = { SUPERTOKENS_CONNECTION_URI: connectionURI, FIRST_FACTOR: firstFactor }
  const code = await run(['migrate', ...words, '--json'], { env, cwd: '/nonexistent', out: (text) => { out += text }, err: (text) => { t.fail(text) } })
  return { code, report: JSON.parse(out) as Report }
}
