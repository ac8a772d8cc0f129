import t from 'tap'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { freePort } from '../free-port.js'
import { build } from '../helper.js'
import { flat, inRequest, record } from '../tracing/recorder.js'
import { startRedis } from './redis-server.js'

const recorded = record(t)

t.test('commands of Redis are named, without keys and values, and fail where Redis does', async (t) => {
  const port = await freePort()
  const redis = await startRedis(port)
  t.teardown(() => redis.kill())
  const app = await build(t, { limits: { redisUrl: `redis://127.0.0.1:${port}` } })
  const user = await inRequest(recorded, () => signInWithSecondFactor(app))
  const commands = flat(recorded.roots()).filter(({ attributes }) => attributes['db.system.name'] === 'redis')
  t.match(commands.find(({ name }) => name === 'EVALSHA limitTake'), { kind: 'CLIENT', failed: false, attributes: { 'db.operation.name': 'EVALSHA', 'db.stored_procedure.name': 'limitTake' } })
  t.ok(flat(recorded.roots()).find(({ name, children }) => name === 'limits.windows' && children.some((child) => child.name === 'EVALSHA limitTake')))
  t.same(commands.filter(({ attributes }) => Object.keys(attributes).some((name) => !name.startsWith('db.'))), [])
  await redis.kill()
  await inRequest(recorded, () => user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: user.phoneNumber } }))
  const failed = flat(recorded.roots()).filter((span) => span.failed).map(({ name }) => name)
  t.ok(failed.some((name) => name.startsWith('EVALSHA')))
  t.ok(failed.includes('second_factor.ask'))
})
