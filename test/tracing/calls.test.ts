import t from 'tap'
import { closedPort, startHttpServer } from '../delivery/sms/helper.js'
import { traceCalls } from '../../src/tracing/calls.js'
import { traceCoreCalls } from '../../src/tracing/core-calls.js'
import { startTracing } from '../../src/tracing/opentelemetry.js'
import { flat, inRequest, record } from './recorder.js'

const recorded = record(t)
await startTracing({ warn () {} })

t.test('a call to a provider says whom, how and what became of it, and the provider learns nothing', async (t) => {
  const provider = await startHttpServer(t, (response, _request, index) => response.writeHead(index === 0 ? 200 : 400).end('{}'))
  const call = traceCalls(fetch)
  await inRequest(recorded, async () => {
    await call(`${provider.url}/tokeninfo?access_token=secret-1`)
    await call(new Request(`${provider.url}/token`, { method: 'POST', body: 'code=secret-2' }))
  })
  const spans = flat(recorded.roots()).slice(1)
  const { hostname, port } = new URL(provider.url)
  const place = { 'server.address': hostname, 'server.port': Number(port) }
  t.strictSame(spans.map(({ name, kind, attributes, failed }) => ({ name, kind, attributes: { ...attributes }, failed })), [
    { name: 'GET', kind: 'CLIENT', attributes: { 'http.request.method': 'GET', ...place, 'http.response.status_code': 200 }, failed: false },
    { name: 'POST', kind: 'CLIENT', attributes: { 'http.request.method': 'POST', ...place, 'http.response.status_code': 400, 'error.type': '400' }, failed: true }
  ])
  for (const { headers } of provider.requests) t.notOk('traceparent' in headers || 'x-request-id' in headers)
  await t.rejects(inRequest(recorded, () => call(`http://127.0.0.1:${port}x/`)), TypeError)
  const closed = await closedPort()
  await t.rejects(inRequest(recorded, () => call(`http://127.0.0.1:${closed}/`)))
  t.match(flat(recorded.roots())[1], { failed: true, attributes: { 'error.type': 'ECONNREFUSED' } })
})

t.test('the path of a call to the Core is told without tenant and query, and nothing of an unknown one', async (t) => {
  const core = await startHttpServer(t, (response) => response.writeHead(200).end('{}'))
  const call = traceCoreCalls((url, init) => fetch(url, init))
  const paths = ['/recipe/signin', '/tenant-of-alice/recipe/user?email=alice%40example.com', '/base/appid-secret/tenant/users/by-accountinfo?phoneNumber=%2B1415', '/users', '/user/id?userId=1', '/.well-known/jwks.json', '/alice@example.com', `/recipe/${'x/'.repeat(50)}`]
  await inRequest(recorded, async () => { for (const path of paths) await call(core.url + path) })
  t.strictSame(flat(recorded.roots()).slice(1).map(({ name }) => name), ['GET /recipe/signin', 'GET /recipe/user', 'GET /users/by-accountinfo', 'GET /users', 'GET /user/id', 'GET /.well-known/jwks.json', 'GET', 'GET'])
})
