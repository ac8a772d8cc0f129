import t from 'tap'
import { createCertificate } from '../delivery/mail/certificate.js'
import { coresInProcess } from '../../src/embedded-core/in-process.js'
import { signUp } from '../../src/testing/index.js'
import { CORE, FACTOR, KEYS, NEW, OLD, OPERATOR, SCRAPER, service } from './reloading.js'

t.test('the Core is asked with the new key, by the SDK and by what asks it directly', async (t) => {
  const { app, file, hangup } = await service(t)
  const shown: string[] = []
  const proceed = coresInProcess.get(CORE)!
  coresInProcess.set(CORE, async (url, init) => {
    if (!url.endsWith('/hello')) shown.push(String(init?.headers?.['api-key']))
    return await proceed(url, init)
  })
  t.teardown(() => { coresInProcess.set(CORE, proceed) })
  const before = await signUp(app)
  t.strictSame([...new Set(shown.splice(0))], [KEYS[0]])
  file('core', KEYS[1])
  await hangup()
  const after = await signUp(app)
  await app.twoFactor.operations.core.findUser(after.userId)
  t.equal((await before.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200, 'a session from before goes on')
  t.strictSame([...new Set(shown)], [KEYS[1]])
})

t.test('SIGHUP puts new certificates, keys and secrets in place', async (t) => {
  const { app, file, keys, hangup, ask, introspect, scrape, administer, fingerprint, adminPort, log } = await service(t)
  const [before, adminBefore] = [await fingerprint(), await fingerprint(adminPort)]
  const eachOf = async (call: (secret: string) => Promise<number>, secrets: readonly [string, string]) => [await call(secrets[0]), await call(secrets[1])]
  t.strictSame(await eachOf(introspect, [OLD, NEW]), [200, 401])
  t.strictSame([await eachOf(scrape, SCRAPER), await eachOf(administer, OPERATOR), await administer()], [[200, 401], [200, 401], 200])

  const certificate = createCertificate()
  file('tls.crt', certificate.cert)
  file('tls.key', certificate.key)
  file('clients', `orders:${NEW}`)
  file('core', KEYS[1])
  file('keys', JSON.stringify({ keys: [keys[1], keys[0]] }))
  const [admins, others] = [createCertificate(), createCertificate()]
  file('admin.crt', admins.cert)
  file('admin.key', admins.key)
  file('admin-ca.crt', others.cert)
  file('operators', `ops:reader:${OPERATOR[1]}`)
  file('metrics', SCRAPER[1])
  file('factors', `${FACTOR[1]},${FACTOR[0]}`)
  t.match(await hangup(), {
    level: 30,
    msg: /^reloaded: /,
    changed: ['METRICS_KEY', 'FACTOR_KEY', 'SIGNING_KEYS', 'SERVICE_CLIENTS', 'ADMIN_KEYS', 'SUPERTOKENS_API_KEY', 'TLS_CERT_FILE', 'ADMIN_TLS_CERT_FILE', 'ADMIN_CLIENT_CA_FILE'],
    needRestart: []
  })

  t.not(await fingerprint(), before)
  t.not(await fingerprint(adminPort), adminBefore)
  t.strictSame(await eachOf(introspect, [OLD, NEW]), [401, 200])
  t.strictSame([await eachOf(scrape, SCRAPER), await eachOf(administer, OPERATOR), await administer()], [[401, 200], [401, 200], 401], 'nor does the certificate of an authority that is none any more')
  t.strictSame(app.twoFactor.signer?.jwks.keys.map(({ kid }) => kid), [keys[1].kid, keys[0].kid])
  t.equal(app.twoFactor.core.apiKey, KEYS[1])
  t.equal(await ask('/ready'), 200)
  t.match(await hangup(), { level: 30, msg: 'reloaded', changed: [] })
  file('factors', FACTOR[1])
  t.match(await hangup(), { changed: ['FACTOR_KEY'] })
  t.match(log.lines.at(-2), { level: 40, msg: /dropped from factorKeys/ }, 'who did not mean to drop one is told')
})

t.test('what is wrong changes nothing at all, and is one line', async (t) => {
  const { app, file, set, keys, hangup, ask, introspect, scrape, administer, fingerprint, adminPort, log } = await service(t)
  const stateNow = async () => [await introspect(OLD), await introspect(NEW), await scrape(SCRAPER[0]), await administer(OPERATOR[0]), await administer(), await fingerprint(), await fingerprint(adminPort)]
  const before = await stateNow()
  t.strictSame(before.slice(0, 5), [200, 401, 200, 200, 200])
  const wrong: Array<[name: string, text: string, reason: RegExp]> = [
    ['tls.key', createCertificate().key, /TLS_KEY_FILE: .*not that of the certificate/],
    ['tls.crt', 'hush-hush', /TLS_CERT_FILE: .*no certificate in PEM/],
    ['keys', JSON.stringify({ keys: [{ ...keys[0], d: keys[1].d }] }), /SIGNING_KEYS/],
    ['clients', 'orders:hush-hush', /SERVICE_CLIENTS: .*not shown/],
    ['admin.key', createCertificate().key, /ADMIN_TLS_KEY_FILE: .*not that of the certificate/],
    ['admin-ca.crt', 'hush-hush', /ADMIN_CLIENT_CA_FILE: .*no certificate in PEM/],
    ['operators', 'ops:reader:hush-hush', /ADMIN_KEYS: .*not shown/],
    ['operators', `ops:reader:${SCRAPER[1]}`, /ADMIN_KEYS: a key is that of the metrics/],
    ['metrics', 'hush-hush', /METRICS_KEY: .*not shown/],
    ['metrics', NEW, /METRICS_KEY: a key is the secret of one of SERVICE_CLIENTS/],
    ['factors', 'hush-hush', /FACTOR_KEY: .*not shown/]
  ]
  const certificate = createCertificate()
  for (const [name, text, reason] of wrong) {
    file('clients', `orders:${NEW}`)
    file('tls.crt', certificate.cert)
    file('tls.key', certificate.key)
    file('admin.crt', certificate.cert)
    file('admin.key', certificate.key)
    file('admin-ca.crt', certificate.cert)
    file('operators', `ops:reader:${OPERATOR[1]}`)
    file('metrics', SCRAPER[1])
    file('factors', FACTOR[1])
    file(name, text)
    const line = await hangup()
    t.match(line, { level: 50, msg: /^not reloaded, and nothing changed/, reason })
    t.notMatch(JSON.stringify(line), /\\n|hush-hush|number-two|number-2/)
    t.strictSame(await stateNow(), before, name)
    file('keys', JSON.stringify({ keys: [keys[0]] }))
  }
  // A step that fails after others have prepared.
  file('clients', `orders:${NEW}`)
  file('factors', FACTOR[1])
  app.twoFactor.onReload(() => { throw new Error('the disk is full') })
  t.match(await hangup(), { level: 50, reason: 'the disk is full' })
  t.strictSame(await stateNow(), before)
  set({ TLS_KEY_FILE: '/nonexistent/tls.key' })
  t.match(await hangup(), { level: 50, reason: /TLS_KEY_FILE: .*cannot be read \(ENOENT\)/ })
  t.equal(await ask('/ready'), 200)
  t.notMatch(log.text(), /hush-hush/)
})

t.test('what takes a restart is named, each time, and the rest is done', async (t) => {
  const { file, set, hangup, introspect } = await service(t)
  set({ SECOND_FACTORS: 'totp', SMS_RECEIPTS: 'true', AUTH_CONCURRENCY: '7', LOG_LEVEL: 'debug' })
  file('clients', `orders:${NEW},orders:${OLD}`)
  const said = /; changed, needs a restart: .*AUTH_CONCURRENCY.*SECOND_FACTORS.*SMS_RECEIPTS/
  t.match(await hangup(), { level: 40, msg: said, changed: ['LOG_LEVEL', 'SERVICE_CLIENTS'] })
  t.strictSame([await introspect(OLD), await introspect(NEW)], [200, 200])
  t.match(await hangup(), { level: 40, msg: said, changed: [] })
})

t.test('countries, prices and the limit of a day change in place', async (t) => {
  const { app, set, hangup } = await service(t)
  set({ SMS_COUNTRIES: 'DE', SMS_PRICES: '{"default":0.1}', SMS_SPEND_LIMIT: '5', SMS_CURRENCY: 'EUR' })
  t.match(await hangup(), { level: 30, msg: 'reloaded: SMS_COUNTRIES, SMS_PRICES, SMS_SPEND_LIMIT, SMS_CURRENCY', needRestart: [] })
  t.strictSame(app.twoFactor.limits?.countries, ['DE'])
  t.match(await app.twoFactor.limits?.spend?.state(), { spent: 0, perDay: 5, currency: 'EUR' })
})
