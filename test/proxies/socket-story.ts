import t from 'tap'
import { advance, createTestSession, signInWithSecondFactor, type SignedInUser } from '../../src/testing/index.js'
import { credentials } from '../forward-auth/proxy.js'
import { statusesIn } from './client.js'
import { FORGED, SHOP, type StoryOptions } from './stage.js'

const lines = (headers: Record<string, string>): string => Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')

/** What clients do to a connection: pipelining, doubled headers, smuggling, WebSockets, and tokens that expire. */
export function socketStory ({ name, app, arrived, client, first, both }: StoryOptions & Record<'first' | 'both', SignedInUser>): void {
  const own = { Rid: 'anti-csrf', Cookie: credentials(both.session).cookie! }
  const host = 'Host: shop.example.com\r\n'
  const signedIn = lines({ ...own })

  t.test(`${name}: each request on a connection is decided by itself`, async (t) => {
    arrived.length = 0
    const requests = [
      `GET /1 HTTP/1.1\r\n${host}${signedIn}\r\n`,
      `GET /2 HTTP/1.1\r\n${host}${lines(FORGED)}\r\n`,
      `GET /3 HTTP/1.1\r\n${host}${signedIn}${lines(FORGED)}\r\n`,
      `POST /4 HTTP/1.1\r\n${host}Cookie: ${own.Cookie}\r\nContent-Length: 5\r\n\r\nGET /`,
      `GET /5 HTTP/1.1\r\n${host}Cookie: ${credentials(first.session).cookie}\r\n\r\n`,
      `GET /6 HTTP/1.1\r\n${host}Connection: close\r\n\r\n`
    ]
    t.same(statusesIn(await client.raw(requests.join(''))), [200, 401, 200, 401, 403, 401])
    t.same(arrived.map(({ url }) => url), ['/1', '/3'])
    for (const { rawHeaders } of arrived) t.notMatch(rawHeaders.join('\n'), 'forged')
  })

  t.test(`${name}: broken and doubled requests admit nobody`, async (t) => {
    const forged = lines(FORGED)
    const tricks = [
      `TRACE / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      `GET / HTTP/1.1\r\n${host}Host: auth.example.com\r\nConnection: close\r\n\r\n`,
      `GET ${SHOP}/public/x HTTP/1.1\r\nHost: shop.example.com\r\nX-Original-URL: ${SHOP}/public/x\r\nTransfer-Encoding : chunked\r\nConnection: close\r\n\r\n`,
      `GET https://evil.example/orders HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      'GET /orders HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: shop.example.com\r\nConnection: close\r\n\r\n',
      'GET /orders HTTP/1.0\r\nX-Forwarded-Host: shop.example.com\r\n\r\n',
      `POST /orders HTTP/1.1\r\n${host}Content-Length: 6\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n${host}\r\n`,
      `POST /orders HTTP/1.1\r\n${host}Content-Length: 0\r\nContent-Length: 30\r\nConnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\n${host}\r\n`,
      `GET /orders HTTP/1.1\r\n${host}Cookie: sAccessToken=a\r\nCookie: sAccessToken=b\r\nConnection: close\r\n\r\n`,
      `GET /orders HTTP/1.1\r\n${host}Authorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n`,
      `GET /orders HTTP/1.1\r\n${host}${forged}${forged}X-Auth-User-Id : forged\r\nConnection: close\r\n\r\n`,
      `GET /orders HTTP/1.1\r\n${host}X-Original-Method: GET\r\nX-Original-Method: POST\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Method: HEAD\r\nConnection: close\r\n\r\n`,
      `GET /orders?\r\nX-Auth-User-Id: forged HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      `GET /orders%0d%0aX-Auth-User-Id:%20forged HTTP/1.1\r\n${host}Connection: close\r\n\r\n`
    ]
    arrived.length = 0
    for (const trick of tricks) {
      // A connection that is closed without an answer is a refusal, too.
      t.ok(!statusesIn(await client.raw(trick)).includes(200) || !arrived.some(({ url }) => url !== undefined), trick.slice(0, 60))
    }
    t.same(arrived.map(({ method, url }) => `${method} ${url}`), [])

    await client.raw(`GET /own HTTP/1.1\r\n${host}${signedIn}${forged}${forged}X_Auth_User_Id: forged\r\nX-Auth_User_Id: forged\r\nX_Auth-Roles: forged\r\nConnection: close\r\n\r\n`)
    // CGI and WSGI take an underscore for a hyphen.
    for (const { headers } of arrived) for (const [header, value] of Object.entries(headers)) if (header.replaceAll('_', '-').startsWith('x-auth-')) t.notMatch(value, 'forged', header)
    t.equal(arrived.length, 1)
  })

  t.test(`${name}: a WebSocket opens for the shop's own pages`, async (t) => {
    const handshake = (origin: string, more: Record<string, string> = own) => client.ask({
      path: '/socket', headers: { ...more, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13', origin }
    })
    arrived.length = 0
    t.match(await handshake(SHOP), { status: 101 })
    t.match(arrived, [{ url: '/socket', headers: { 'x-auth-user-id': both.userId, upgrade: 'websocket' } }])
    t.match(await handshake('https://evil.example'), { status: 403 }, 'another website opens none with the person\'s cookies')
    t.match(await handshake(SHOP, {}), { status: 401 })
    t.equal(arrived.length, 1)
  })

  t.test(`${name}: a token that expires in between is renewed, and nobody goes round in circles`, async (t) => {
    const person = await signInWithSecondFactor(app)
    const session = createTestSession(app, 'cookie', person.session)
    const statusOf = async () => (await client.ask({ headers: { rid: 'anti-csrf', ...credentials(session) } })).status
    t.equal(await statusOf(), 200)
    advance('61m')
    // SuperTokens' frontends answer 401 with one refresh, and try again.
    t.equal(await statusOf(), 401)
    t.equal((await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200)
    t.equal(await statusOf(), 200)

    advance('61m')
    const { status, headers } = await client.ask({ path: '/orders?page=2', headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', ...credentials(session) } })
    t.equal(status, 302)
    // Browsers send the refresh token to the path of the refresh alone, and follow what they are told.
    let [place, hops] = [new URL(headers.location!), 0]
    while (place.hostname === 'auth.example.com' && hops++ < 6) {
      const answer = await client.ask({ host: place.hostname, path: place.pathname + place.search, headers: { accept: 'text/html', ...credentials(session) } })
      for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) {
        const [, key, value] = /^(\w+)=([^;]*)/.exec(cookie)!
        session.cookies.set(key!, decodeURIComponent(value!))
      }
      t.ok(answer.status >= 300 && answer.status < 400, `${place.pathname} ${answer.status}`)
      place = new URL(answer.headers.location!, place)
    }
    t.equal(place.href, `${SHOP}/orders?page=2`)
    t.equal(await statusOf(), 200)
  })

  t.test(`${name}: what proxies ask is not for visitors`, async (t) => {
    for (const path of ['/verify/nginx', '/verify/traefik?optional=true', '/verify/envoy/x', '/verify/envoy-rules/x/y', '/%76erify/nginx', '//verify/nginx']) {
      const { status, headers } = await client.ask({ host: 'auth.example.com', path, headers: { ...own, 'x-original-method': 'GET', 'x-original-url': `${SHOP}/`, 'x-forwarded-uri': '/' } })
      t.ok(status >= 400, `${path} ${status}`)
      t.notOk('x-auth-assertion' in headers)
    }
  })
}
