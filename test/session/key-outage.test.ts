import t from 'tap'
import { freePort } from '../free-port.js'
import { mint, newKey } from './scripted-core.js'
import { buildTwins } from './twin-routes.js'

t.test('a process that has seen no keys says that it cannot tell, instead of signing people out', async (t) => {
  const app = await buildTwins(t, { core: { connectionURI: `http://127.0.0.1:${await freePort()}` } })
  const seconds = Math.floor(Date.now() / 1000)
  const token = mint(newKey('d-1'), {
    iat: seconds, exp: seconds + 3600, sub: 'user', rsub: 'user', tId: 'public', sessionHandle: 'handle', refreshTokenHash1: 'hash', '2fa-completed': { v: true, t: seconds * 1000 }
  })
  const ask = (authorization?: string) => app.inject({ url: '/ours/second-factor', headers: { ...(authorization && { authorization }) } })
  for (let i = 0; i < 7; i++) {
    const response = await ask(`Bearer ${token}`)
    t.equal(response.statusCode, 503)
    t.equal(response.json().code, 'AUTH_CORE_UNAVAILABLE')
    t.match(response.headers['retry-after'], /^[1-9]/)
  }
  t.equal((await ask('Bearer garbage')).statusCode, 401, 'which no key could make good')
  t.equal((await ask()).statusCode, 401)
})
