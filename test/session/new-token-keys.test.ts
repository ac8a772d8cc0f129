import { mock } from 'node:test'
import t from 'tap'
import { mint, newKey, startScriptedCore } from './scripted-core.js'
import { START } from './tokens.js'
import { buildTwins } from './twin-routes.js'

t.test('attack: tokens of a key that was taken away are refused when the SDK refuses them, though they are new', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: START })
  t.teardown(() => { mock.timers.reset() })
  const core = await startScriptedCore(t)
  const app = await buildTwins(t, { core: { connectionURI: core.connectionURI } })
  let user = 0
  const ask = async (guard: 'ours' | 'stock', offset: number) => {
    mock.timers.setTime(START + offset)
    const sub = `user-${user++}`
    const token = mint(core.key, {
      iat: START / 1000, exp: START / 1000 + 9 * 3600, sub, rsub: sub, tId: 'public', sessionHandle: sub, refreshTokenHash1: 'hash', '2fa-completed': { v: true, t: START }
    })
    return (await app.inject({ url: `/${guard}/second-factor`, headers: { authorization: `Bearer ${token}` } })).statusCode
  }
  t.equal(await ask('ours', 0), 200)
  core.published.splice(0, 1, newKey('d-2'))
  const loads = () => core.calls.filter((path) => path.endsWith('jwks.json')).length
  const before = loads()
  for (const offset of [1000, 70_000, 299_999]) {
    for (const guard of ['ours', 'stock'] as const) t.equal(await ask(guard, offset), 200, 'nobody has asked for the keys again')
  }
  t.equal(loads(), before)
  // The first token after five minutes has the keys loaded again.
  await ask('ours', 300_000)
  while (loads() === before) await new Promise((resolve) => { setImmediate(resolve) })
  for (const guard of ['ours', 'stock', 'ours'] as const) t.equal(await ask(guard, 600_000), 401)
})
