import t from 'tap'
import { until } from '../faults/until.js'
import { freePort } from '../free-port.js'
import { build } from '../helper.js'
import { scrape } from '../metrics/scrape.js'
import { startRedis } from './redis-server.js'

t.test('metrics say whether limits are shared, whether Redis answers, and how many commands failed', async (t) => {
  const port = await freePort()
  let redis = await startRedis(port)
  t.teardown(() => redis.kill())
  const app = await build(t, { metrics: true, limits: { redisUrl: `redis://127.0.0.1:${port}`, signIn: { refusalTime: 0 } } })
  const signIn = () => app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: 'nobody@example.com' }, { id: 'password', value: 'correct horse 1' }] } })
  await until('the service has found its Redis', async () => (await signIn()).statusCode === 200)
  const before = await scrape(app)
  t.same(['limits_shared', 'redis_connected', 'ready'].map((name) => before.value(name)), [1, 2, 1], 'that of the limits, and that of the revocations')
  await redis.kill()
  for (let i = 0; i < 3; i++) t.equal((await signIn()).statusCode, 503)
  const away = await scrape(app)
  t.same(['limits_shared', 'redis_connected', 'ready'].map((name) => away.value(name)), [1, 0, 0])
  t.ok(away.value('redis_errors_total') > before.value('redis_errors_total'))
  redis = await startRedis(port)
  await until('Redis is there again', async () => (await scrape(app)).value('redis_connected') === 2)
})
