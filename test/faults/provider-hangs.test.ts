import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import t, { type Test } from 'tap'
import { freePort } from '../free-port.js'
import { listen } from '../flows/social-login/listen.js'
import { createClient, isOk, isOutage, type Answer, type Client } from './client.js'
import { openCodes } from './core-data.js'
import { createFigures, labelOf } from './figures.js'
import { startPhones } from './phones.js'
import { API_KEY, startCore, startService } from './processes.js'
import { until } from './until.js'

t.setTimeout(240_000)

/** A mail server that takes connections, and while it hangs says nothing. */
async function startMailServer (t: Test) {
  const received: string[] = []
  let hanging = true
  const greetings: Array<() => void> = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect (_session, greet) {
      if (hanging) greetings.push(greet)
      else greet()
    },
    onData (stream, { envelope }, done) {
      received.push(...envelope.rcptTo.map(({ address }) => address))
      stream.on('end', done).resume()
    }
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.teardown(() => new Promise<void>((resolve) => { server.close(() => { resolve() }) }))
  return { port: (server.server.address() as AddressInfo).port, received, resume: () => { hanging = false } }
}

/** An OpenID provider of which only the address answers. */
async function startDiscovery (t: Test) {
  let hanging = true
  const server = createServer((_request, response) => {
    if (!hanging) response.end(JSON.stringify({ issuer: origin, authorization_endpoint: `${origin}/auth`, token_endpoint: `${origin}/token`, jwks_uri: `${origin}/jwks` }))
  })
  const origin = await listen(t, server)
  return { origin, resume: () => { hanging = false } }
}

t.test('providers that hang: the first callers wait ten seconds, the others not at all, and whoever does not need them notices nothing', async (t) => {
  const core = await startCore(t, { file: join(t.testdir(), 'core.sqlite'), port: await freePort() })
  const [phones, mail, discovery] = await Promise.all([startPhones(t), startMailServer(t), startDiscovery(t)])
  const { origin } = await startService(t, {
    core: { connectionURI: core.origin, apiKey: API_KEY },
    sms: phones.sms,
    mail: { provider: 'smtp', host: '127.0.0.1', port: mail.port, from: 'login@example.com' },
    thirdPartyProviders: [{ config: { thirdPartyId: 'slow', clients: [{ clientId: 'fastify-2fa', clientSecret: 'a-secret' }], oidcDiscoveryEndpoint: `${discovery.origin}/.well-known/openid-configuration` } }],
    limits: { sends: { perAddressInTenMinutes: 1000, unansweredPerNetwork: 1000 } }
  })
  const figures = createFigures()

  async function newClient (): Promise<Client> {
    const client = createClient(origin)
    t.ok(isOk(await client.signUp()))
    return client
  }
  const many = (count: number) => Promise.all(Array.from({ length: count }, newClient))
  const socialLogin = () => createClient(origin).get('/auth/authorisationurl?thirdPartyId=slow&redirectURIOnProviderDashboard=http%3A%2F%2Flocalhost%3A3001%2Fcallback')
  const forget = (email: string) => createClient(origin).post('/auth/user/password/reset/token', { formFields: [{ id: 'email', value: email }] })
  const [withCodes, first, others] = [await many(3), await many(6), await many(6)]
  for (const client of withCodes) t.ok(isOk(await client.ask()))

  phones.hang()
  const asking = first.map(async (client) => figures.add('SMS, first', await client.ask()))
  await until('messages at the provider', () => first.every(({ phoneNumber }) => phones.received(phoneNumber)))
  const social = socialLogin().then((answer) => figures.add('social login', answer))
  const reset = await Promise.all([withCodes[0]!.email, 'nobody@example.com'].map(async (email) => figures.add('link by mail', await forget(email))))
  for (const client of withCodes) t.ok(isOk(figures.add('spending codes', await client.consume(phones.codeOf(client.phoneNumber)))), 'codes that were sent work')
  await Promise.all(asking)
  for (const client of others) figures.add('SMS, others', await client.ask())
  await social

  figures.comment(t)
  for (const kind of ['SMS, first', 'SMS, others']) t.strictSame(Object.keys(figures.labels(kind)), ['200 SIGN_IN_UP_NOT_ALLOWED'], kind)
  // All of it while the providers hang: it was the time limits that answered.
  const reached = others.filter(({ phoneNumber }) => phones.received(phoneNumber)).length
  t.ok(reached < others.length, `the others are refused without asking the provider, which ${reached} of ${others.length} messages have reached`)
  t.ok(figures.of('social login').every((answer) => isOutage(answer, 'AUTH_PROVIDER_UNAVAILABLE')))
  t.ok(reset.every(isOk), 'the usual answer, which tells nobody whether there is such an account')
  t.strictSame(mail.received, [], 'and nobody waits for the mail server, which has not said a word')
  for (const { phoneNumber } of [...first, ...others]) t.equal(await openCodes(core.origin, phoneNumber), 0, 'what was not sent cannot be spent')

  phones.resume()
  mail.resume()
  discovery.resume()
  let answer: Answer | undefined
  await until('codes are sent again', async () => isOk(answer = await others[0]!.ask()))
  t.equal(answer?.body.sendsLeft, 4, 'the first of five: what was not sent has cost nothing')
  for (const client of first) {
    const { body } = await client.ask()
    t.match(body, { status: 'OK', sendsLeft: 4 }, 'nor has anybody to wait before asking again')
    t.equal(labelOf(await client.consume(phones.codeOf(client.phoneNumber))), '200 OK')
  }
  await until('mails are sent again', async () => {
    await forget(withCodes[1]!.email)
    return mail.received.includes(withCodes[1]!.email)
  })
  await until('social logins work again', async () => isOk(await socialLogin()))
})
