import t from 'tap'
import { createCertificate } from '../delivery/mail/certificate.js'
import { NEW, OLD, service } from './reloading.js'

t.test('a hundred reloads under load: no request fails, and nothing is left behind', async (t) => {
  const { app, file, hangup, introspect, agent } = await service(t)
  const load = { isRunning: true }
  const answers: number[] = []
  const loaded = Promise.all(Array.from({ length: 4 }, async () => {
    while (load.isRunning) answers.push(await introspect(NEW))
  }))
  file('clients', `orders:${NEW}`)
  t.match(await hangup(), { changed: ['SERVICE_CLIENTS'] })
  const settled = answers.length
  const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  const before = listeners()
  for (let round = 0; round < 100; round++) {
    const certificate = createCertificate()
    file('tls.crt', certificate.cert)
    file('tls.key', certificate.key)
    file('clients', round % 2 === 0 ? `orders:${NEW},orders:${OLD}` : `orders:${NEW}`)
    t.match(await hangup(), { level: 30, changed: ['SERVICE_CLIENTS'] })
  }
  load.isRunning = false
  await loaded
  t.ok(answers.length > settled)
  t.strictSame([...new Set(answers.slice(settled))], [200])
  t.equal(listeners(), before)
  t.equal(Object.values(agent.sockets).flat().length, 0)
  await app.twoFactor.reload()
})
