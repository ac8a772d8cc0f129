import t from 'tap'
import { createCertificate } from '../delivery/mail/certificate.js'
import { FACTOR, NEW, OLD, OPERATOR, SCRAPER, service } from './reloading.js'

t.test('a hundred reloads under load: no request fails, and nothing is left behind', async (t) => {
  const { app, file, hangup, introspect, scrape, administer, agent } = await service(t)
  const load = { isRunning: true }
  const answers: number[] = []
  const calls = [() => introspect(NEW), () => introspect(NEW), () => introspect(NEW), () => scrape(SCRAPER[1])]
  const loaded = Promise.all(calls.map(async (call) => {
    while (load.isRunning) answers.push(await call())
  }))
  const both = (isBoth: boolean, [old, next]: readonly [string, string]) => isBoth ? `${next},${old}` : next
  function rotate (isBoth: boolean) {
    file('clients', `orders:${NEW}${isBoth ? `,orders:${OLD}` : ''}`)
    file('operators', `ops:reader:${OPERATOR[1]}${isBoth ? `,ops:reader:${OPERATOR[0]}` : ''}`)
    file('metrics', both(isBoth, SCRAPER))
    file('factors', both(isBoth, FACTOR))
  }
  const KEYS = ['METRICS_KEY', 'FACTOR_KEY', 'SERVICE_CLIENTS', 'ADMIN_KEYS']
  rotate(false)
  t.match(await hangup(), { changed: KEYS })
  const settled = answers.length
  const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  const before = listeners()
  for (let round = 0; round < 100; round++) {
    const certificate = createCertificate()
    for (const name of ['tls', 'admin']) {
      file(`${name}.crt`, certificate.cert)
      file(`${name}.key`, certificate.key)
    }
    rotate(round % 2 === 0)
    // Asked before, answered after: with a key, and by the certificate. Their limit is below what load there could be.
    const administered = round % 2 === 0 ? administer(OPERATOR[1]) : administer()
    t.match(await hangup(), { level: 30, changed: KEYS })
    answers.push(await administered)
  }
  load.isRunning = false
  await loaded
  t.ok(answers.length > settled)
  t.strictSame([...new Set(answers.slice(settled))], [200])
  t.strictSame([await introspect(OLD), await scrape(SCRAPER[0]), await administer(OPERATOR[0])], [401, 401, 401])
  t.equal(listeners(), before)
  t.equal(Object.values(agent.sockets).flat().length, 0)
  await app.twoFactor.reload()
})
