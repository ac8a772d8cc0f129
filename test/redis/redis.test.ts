import * as Passwordless from 'supertokens-node/recipe/passwordless'
import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { newPhoneNumber, requestCode, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { freePort } from '../free-port.js'
import { startRedis } from './redis-server.js'

t.test('limits in Redis: closed while it is away, said once, and open again by themselves', async (t) => {
  const port = await freePort()
  let redis = await startRedis(port)
  t.teardown(() => redis.kill())
  const lines: string[] = []
  const app = await build(t, { limits: { redisUrl: `redis://:@127.0.0.1:${port}`, sends: { cooldown: 0 }, signIn: { refusalTime: 0 } } }, {
    logger: { stream: { write: (line: string) => { lines.push(line) } } }
  })
  for (let i = 0; i < 50 && (await signIn('nobody@example.com')).statusCode !== 200; i++) await sleep(50)

  function signIn (email: string) {
    return app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }] } })
  }
  const consume = ({ session }: SignedInUser, challenge: object) => session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })

  const alice = await signUp(app)
  const challenge = await requestCode(app, alice)
  t.equal((await signIn(alice.email)).json().status, 'OK')
  await redis.kill()
  for (let i = 0; i < 3; i++) {
    for (const answer of [await consume(alice, challenge), await signIn(alice.email)]) {
      t.equal(answer.statusCode, 503)
      t.equal(answer.json().code, 'AUTH_LIMITS_UNAVAILABLE')
    }
  }
  t.equal((await alice.session.inject('/me')).statusCode, 403)
  redis = await startRedis(port)
  let answer = await consume(alice, challenge)
  for (let i = 0; i < 100 && answer.statusCode === 503; i++) {
    await sleep(100)
    answer = await consume(alice, challenge)
  }
  t.equal(answer.json().status, 'OK')
  t.equal(lines.filter((line) => line.includes('Redis does not answer')).length, 1)
  t.equal(lines.filter((line) => line.includes('Redis answers again')).length, 1)
  t.notOk(lines.some((line) => line.includes('redis://')))
  t.equal((await Passwordless.createCode({ tenantId: 'public', phoneNumber: newPhoneNumber() })).status, 'OK', 'a call of the host\'s own')
})
