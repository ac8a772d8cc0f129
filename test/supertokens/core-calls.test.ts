import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { guardCoreCalls } from '../../src/supertokens/core-calls.js'
import { fetchOverHttp } from '../../src/supertokens/core-http.js'

const LOG = { warn: () => {}, info: () => {} } as never

async function listen (t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An address that nobody listens at. */
async function nobody (): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  return `http://127.0.0.1:${port}`
}

t.test('answers come through whole, with status, headers and body', async (t) => {
  const core = await listen(t, (request, response) => {
    response.writeHead(request.url === '/empty' ? 204 : 401, { 'content-type': 'text/plain', 'x-more': '1' })
    response.end(request.url === '/empty' ? undefined : `${request.method} ${request.headers['api-key']}`)
  })
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [`${core}/appid-a1`], log: LOG })
  const response = await fetch(`${core}/x`, { method: 'POST', headers: { 'api-key': 'k' } })
  t.equal(response.status, 401)
  t.equal(response.headers.get('x-more'), '1')
  t.equal(await response.text(), 'POST k')
  t.equal((await fetch(`${core}/empty`)).status, 204)
})

t.test('a Core that hangs costs the first callers the time limit, and the others nothing', async (t) => {
  let asked = 0
  const core = await listen(t, (request, response) => {
    asked++
    // Now before the answer, now within it.
    if (request.url === '/body') response.write('{')
  })
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [core], log: LOG, patienceMs: 50 })
  for (const path of ['/', '/body', '/', '/body', '/']) await t.rejects(fetch(core + path), { code: 'AUTH_CORE_UNAVAILABLE' })
  await t.rejects(fetch(core), { name: 'TypeError', message: 'fetch failed' }, 'in words by which the SDK goes on to another Core')
  t.equal(asked, 5)
})

t.test('a gateway without a Core behind it is a Core that is away', async (t) => {
  const core = await listen(t, (request, response) => { response.writeHead(Number(request.url!.slice(1))).end('nginx') })
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [core], log: LOG })
  t.equal((await fetch(`${core}/500`)).status, 500)
  for (const status of [502, 503, 504]) await t.rejects(fetch(`${core}/${status}`), { code: 'AUTH_CORE_UNAVAILABLE' })
})

t.test('attack: a Core that has too many passwords to hash is not away, however often it says so', async (t) => {
  let asked = 0
  const core = await listen(t, (request, response) => {
    asked++
    if (request.url === '/hello') response.end('Hello')
    else response.writeHead(503, { 'retry-after': '7', ...(request.url === '/signin' && { 'x-core-error': 'CORE_OVERLOADED' }) }).end('busy')
  })
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [core], log: LOG })
  for (let turn = 0; turn < 10; turn++) await t.rejects(fetch(`${core}/signin`), { code: 'AUTH_OVERLOADED', retryAfter: 7 })
  t.equal((await fetch(`${core}/hello`)).status, 200)
  for (let turn = 0; turn < 5; turn++) await t.rejects(fetch(`${core}/proxy`), { code: 'AUTH_CORE_UNAVAILABLE' }, 'a proxy may say when to come back, too')
  await t.rejects(fetch(`${core}/signin`), { message: 'fetch failed' })
  t.equal(asked, 16)
})

t.test('each Core has a circuit of its own, and other addresses are not called', async (t) => {
  const alive = await listen(t, (_request, response) => { response.end('alive') })
  const [dead, other] = [await nobody(), await nobody()]
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [dead, `${alive}/path`], log: LOG })
  for (let i = 0; i < 5; i++) await t.rejects(fetch(dead), { message: 'fetch failed', cause: { code: 'ECONNREFUSED' } })
  await t.rejects(fetch(dead), { message: 'fetch failed' })
  t.equal(await (await fetch(alive)).text(), 'alive')
  await t.rejects(fetch(other), { name: 'TypeError', message: `no Core is at ${other}` })
})

t.test('bodies are sent and read as UTF-8', async (t) => {
  const core = await listen(t, (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => { parts.push(part) }).on('end', () => {
      const body = Buffer.concat(parts)
      t.equal(Number(request.headers['content-length']), body.length)
      // Cut within a character.
      response.write(body.subarray(0, 11))
      setImmediate(() => { response.end(body.subarray(11)) })
    })
  })
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [core], log: LOG })
  const sent = { name: 'Zoë 🦊 日本' }
  const response = await fetch(core, { method: 'PUT', body: JSON.stringify(sent) })
  t.same([response.ok, await response.clone().json(), await response.json()], [true, sent, sent])
})

t.test('an answer that breaks off is none', async (t) => {
  const core = await listen(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"status":"OK"}')
    setImmediate(() => { response.destroy() })
  })
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [core], log: LOG })
  await t.rejects(fetch(core), { name: 'TypeError', message: 'fetch failed' })
})

t.test('a connection that the Core has closed meanwhile is not used again', async (t) => {
  const core = await listen(t, (_request, response) => { response.writeHead(200, { connection: 'close' }).end('{}') })
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [core], log: LOG })
  for (let i = 0; i < 5; i++) t.equal((await fetch(core)).status, 200)
})

t.test('connections are used again', async (t) => {
  const ports = new Set<number | undefined>()
  const core = await listen(t, (request, response) => {
    ports.add(request.socket.remotePort)
    response.end('{}')
  })
  const fetch = guardCoreCalls(fetchOverHttp, { addresses: [core], log: LOG })
  for (let i = 0; i < 20; i++) await (await fetch(core, { method: 'POST', body: '{}' })).json()
  // fetch has a call's connection back a moment after its answer: the next one may take a second.
  t.ok(ports.size <= 2, `${ports.size} connections for 20 calls`)
})
