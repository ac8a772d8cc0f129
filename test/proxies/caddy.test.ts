import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../free-port.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { credentials, SECRET } from '../forward-auth/proxy.js'
import { pathTo } from '../root.js'
import { clientOf } from './client.js'
import { FORGED, makeCertificate, startProxy, startService, startShop } from './stage.js'
import { proxyStory } from './story.js'

const folder = t.testdir()
const [{ app, port: auth }, { port: shop, arrived }] = [await startService(t), await startShop(t)]
const port = await freePort()
const { cert, key } = makeCertificate(folder)

// The real Caddy with our example, of which only addresses and certificates are others.
const example = readFileSync(pathTo('examples/forward-auth/Caddyfile'), 'utf8')
  .replaceAll('127.0.0.1:3000', `127.0.0.1:${auth}`)
  .replaceAll('127.0.0.1:4000', `127.0.0.1:${shop}`)
  .replaceAll(/^(\w+)\.example\.com \{$/gm, (_, name) => `https://${name}.example.com:${port} {\n\tbind 127.0.0.1\n\ttls ${cert} ${key}`)
const careless = `
https://careless.example.com:${port} {
  bind 127.0.0.1
  tls ${cert} ${key}
  forward_auth 127.0.0.1:${auth} {
    uri /verify/traefik
    header_up X-Forward-Auth-Secret ${SECRET}
    copy_headers X-Auth-User-Id X-Auth-Session X-Auth-Acr X-Auth-Amr X-Auth-Time X-Auth-Roles X-Auth-Assertion
  }
  reverse_proxy 127.0.0.1:${shop}
}
`
writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${example}${careless}`)
await startProxy('caddy', ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], 'serving initial configuration', {
  FORWARD_AUTH_PROXY_SECRET: SECRET, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder
})

const client = clientOf(port)
const { session } = await signInWithSecondFactor(app)

t.test('caddy: whoever forgets the "?" and the headers to drop opens nothing', async (t) => {
  const ask = async (path: string, headers: Record<string, string> = {}) => (await client.ask({ host: 'careless.example.com', path, headers })).status
  t.equal(await ask('/x?optional=true'), 500)
  t.equal(await ask('/x?optional=true&'), 500)
  t.equal(await ask('/x?a=1&optional=true', credentials(session)), 500)
  t.equal(await ask('/x', FORGED), 401)
  t.same(arrived, [])
  t.equal(await ask('/x', { ...FORGED, ...credentials(session) }), 200)
  t.notMatch(arrived[0]!.rawHeaders.join('\n'), 'forged')
})

await proxyStory({ name: 'caddy', app, arrived, client })
