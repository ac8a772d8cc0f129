import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { createServer } from '../../src/server.js'
import { freePort } from '../free-port.js'
import { testCore } from '../helper.js'
import { pathTo } from '../root.js'
import { serveFiles } from './harness/docs-site.js'
import { openPrivate } from './harness/chromium.js'

const [apiPort, sitePort, strangerPort, nobodysPort] = await Promise.all(Array.from({ length: 4 }, freePort)) as [number, number, number, number]
const API = `http://localhost:${apiPort}`
const SITE = `http://localhost:${sitePort}`

const { connectionURI } = await testCore()
const log: string[] = []
const config = loadConfig({
  PORT: String(apiPort),
  LOG_LEVEL: 'warn',
  ANTI_CSRF: 'VIA_CUSTOM_HEADER',
  WEBSITE_DOMAIN: `${SITE},http://127.0.0.1:${sitePort}`,
  SUPERTOKENS_CONNECTION_URI: connectionURI
})
const app = createServer(config, { stream: { write (line) { log.push((JSON.parse(line) as { msg: string }).msg) } } })
t.teardown(() => app.close())
await app.listen({ host: '127.0.0.1', port: apiPort })
for (const port of [sitePort, strangerPort]) await serveFiles(t, port, async (path) => path === '/bundle.js' ? '' : undefined)

/** The rows of the table in the docs: what is seen, and what the log says. */
const page = await readFile(pathTo('docs/frontend/cors-and-cookies.md'), 'utf8')
const rows = page.split('<!-- symptoms')[1]!.split('\n\n')[1]!.split('\n').slice(2).map((line) => line.split('|').map((cell) => cell.trim()))

/** The quoted texts of a cell; `…` stands for anything. */
const quoted = (cell: string): RegExp[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) =>
  new RegExp(text.split('…').map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')))

const HEADERS = { 'content-type': 'application/json', rid: 'anti-csrf', 'st-auth-mode': 'cookie' }
interface Call { path: string, url?: string, body?: object, headers?: Record<string, string>, credentials?: RequestCredentials }
const signUp = (): Call => ({
  path: '/auth/signup',
  body: { formFields: [{ id: 'email', value: `${crypto.randomUUID()}@example.com` }, { id: 'password', value: 'correct horse 1' }] }
})
const without = (name: keyof typeof HEADERS) => Object.fromEntries(Object.entries(HEADERS).filter(([key]) => key !== name))

/** Makes calls from a website, one after the other. Gives what the page and the console see. */
async function calls (t: Test, website: string, ...list: Call[]) {
  const context = await openPrivate({})
  t.teardown(() => context.close())
  const page = await context.newPage()
  const seen: string[] = []
  page.on('console', (message) => { seen.push(message.text()) })
  await page.goto(website)
  log.length = 0
  for (const { path, url = API, body, headers = HEADERS, credentials = 'include' } of list) {
    const answer = await page.evaluate(async ([url, init]) => {
      try {
        const response = await fetch(url, init)
        const { message = '' } = await response.json().catch(() => ({})) as { message?: string }
        return `${response.status} ${message}`.trim()
      } catch (err) {
        return String(err)
      }
    }, [url + path, { method: body === undefined ? 'GET' : 'POST', headers, credentials, ...(body && { body: JSON.stringify(body) }) }] as const)
    seen.push(answer)
  }
  return seen
}

t.test('each symptom in the docs is what Chromium shows and the log says', async (t) => {
  const [origin, header, name, rid, credentials, refused] = rows as [string[], string[], string[], string[], string[], string[]]
  t.equal(rows.length, 6)
  const info = { path: '/sessioninfo' }

  async function check ([, symptom = '', , line = '']: string[], seen: string[]): Promise<void> {
    for (const pattern of quoted(symptom).filter(({ source }) => source.includes(' ') || source.includes('ERR_') || /^un|^try/.test(source))) {
      t.ok(seen.some((text) => pattern.test(text)), `${pattern.source} is among ${seen.join(' / ')}`)
    }
    if (line.startsWith('none')) t.strictSame(log, [], 'the log has no line')
    else for (const pattern of quoted(line)) t.ok(log.some((text) => pattern.test(text)), `${pattern.source} is in the log: ${log.join(' / ')}`)
  }

  await check(origin, await calls(t, `http://localhost:${strangerPort}`, signUp()))
  await check(header, await calls(t, SITE, { ...signUp(), headers: { ...HEADERS, 'x-trace': '1' } }))

  const two = await calls(t, `http://127.0.0.1:${sitePort}`, signUp(), info)
  t.match(two.at(-1), /^401/)
  await check(name, two)

  const headers = without('rid')
  const forgotten = await calls(t, SITE, { ...signUp(), headers }, { path: '/auth/signinup/code', body: {}, headers }, { path: '/auth/session/refresh', body: {}, headers })
  t.strictSame(forgotten.filter((text) => /^\d/.test(text)), ['200', '401 try refresh token', '401 unauthorised'])
  await check(rid, forgotten)

  for (const list of [
    [{ ...signUp(), credentials: 'omit' as const }, info],
    [signUp(), { ...info, credentials: 'omit' as const }],
    [{ ...signUp(), headers: without('st-auth-mode') }, info]
  ]) {
    const seen = await calls(t, SITE, ...list)
    t.match(seen.filter((text) => /^\d/.test(text)), ['200', /^401/])
    await check(credentials, seen)
  }

  await check(refused, await calls(t, SITE, { ...signUp(), url: `http://localhost:${nobodysPort}` }))
})
