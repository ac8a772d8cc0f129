import { readFileSync } from 'node:fs'
import t from 'tap'
import { IDENTITY_HEADERS } from '../../src/forward-auth/identity.js'
import { pathTo } from '../root.js'

const page = readFileSync(pathTo('docs/forward-auth.md'), 'utf8')
const blocks = [...page.matchAll(/<!-- file: (\S+) -->\n```\w+\n([^]*?)\n```/g)].map(([, file, text]) => ({ file: file!, text: text! }))
const example = (name: string): string => readFileSync(pathTo(`examples/forward-auth/${name}`), 'utf8')

t.test('the configurations on the page are those of the examples', (t) => {
  t.equal(blocks.length, 10)
  for (const { file, text } of blocks) t.equal(`${text}\n`, readFileSync(pathTo(file), 'utf8'), file)
  t.end()
})

t.test('each example passes on every identity header', (t) => {
  for (const name of ['nginx.conf', 'nginx-paths.conf', 'Caddyfile', 'traefik.yml', 'envoy.yaml', 'ingress-nginx.yaml', 'envoy-gateway.yaml']) {
    for (const header of IDENTITY_HEADERS) t.match(example(name).toLowerCase(), header, `${name} ${header}`)
  }
  t.end()
})

t.test('Envoy and Traefik tell what the decision needs, and no visitor writes rules', (t) => {
  const [, allowed = ''] = /\n {6}allowed_headers:\n([^]*)$/.exec(example('envoy.yaml')) ?? []
  const names = [...allowed.matchAll(/exact: (\S+)/g)].map(([, name]) => name)
  t.same(names, ['cookie', 'rid', 'anti-csrf', 'accept', 'origin', 'sec-fetch-mode', 'sec-websocket-key', 'sec-websocket-version', 'x-forwarded-proto'])
  t.match(example('envoy-gateway.yaml'), `headersToExtAuth: [${['cookie', 'authorization', ...names.slice(1)].join(', ')}]`)
  t.match(example('envoy-gateway.yaml'), /path: \/verify\/envoy-rules\/\S+=\S+\n/)
  t.match(example('envoy.yaml'), /failure_mode_allow: false/)
  const addresses = [...example('traefik.yml').matchAll(/address: "([^"]+)"/g)].map(([, address]) => new URL(address!))
  t.same(addresses.map(({ pathname, search }) => pathname + search), ['/verify/traefik', '/verify/traefik?roles=admin&maxAge=5m', '/verify/traefik?optional=true'])
  t.equal(example('traefik.yml').match(/trustForwardHeader: false/g)?.length, 3)
  t.end()
})
