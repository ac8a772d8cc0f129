import { mock } from 'node:test'
import t from 'tap'
import { mint, newKey, startScriptedCore } from './scripted-core.js'
import { START } from './tokens.js'
import { buildTwins } from './twin-routes.js'

const HOUR = 3_600_000

t.test('a signing key that is taken away opens nothing longer than the SDK lets it, and a minute', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: START })
  t.teardown(() => { mock.timers.reset() })
  const core = await startScriptedCore(t)
  const app = await buildTwins(t, { core: { connectionURI: core.connectionURI } })
  const payload = {
    iat: START / 1000, exp: START / 1000 + 9 * 3600, sub: 'user', rsub: 'user', tId: 'public', sessionHandle: 'handle', refreshTokenHash1: 'hash', '2fa-completed': { v: true, t: START }
  }
  const token = mint(core.key, payload)
  const ask = async (guard: 'ours' | 'stock', offset: number, authorization = `Bearer ${token}`) => {
    mock.timers.setTime(START + offset)
    return (await app.inject({ url: `/${guard}/second-factor`, headers: { authorization } })).statusCode
  }
  t.equal(await ask('ours', 0), 200)
  const successor = newKey('d-2')
  core.published.splice(0, 1, successor)

  // A token of a key that it does not know yet makes the SDK load the keys anew.
  t.equal(await ask('ours', 1000, `Bearer ${mint(successor, payload)}`), 200)
  t.equal(await ask('stock', 1000), 401)
  t.equal(await ask('ours', 59_999), 200, 'known for a minute')
  t.equal(await ask('ours', 60_000), 401)
  t.equal(await ask('ours', 0), 200, 'were the clock set back, within that minute')
  app.twoFactor.sessionCache.clear()
  t.equal(await ask('ours', 0), 401, 'at once, after clear()')
  t.equal(await ask('ours', 5 * HOUR), 401)
  t.equal(await ask('stock', 5 * HOUR), 401)
})
