import { fork } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { chart } from './guard/chart.js'
import { openLoad, prepare } from './guard/load.js'
import { markdown } from './guard/table.js'
import { startTokens } from './guard/tokens.js'
import { option } from './script.js'

/**
 * Measures the cost of a guard: CPU time per request of a guarded route, compared with the open route of the same
 * process and the same bytes. The slices of all variants take turns within one run, because on a shared machine only
 * measurements close in time are comparable. CPU time excludes what other processes used.
 *
 * Usage: node bench/guard.js [--write] [--quick] [--rounds 5] [--goals] [--library <path of the built index.js>]
 */
const WRITE = process.argv.includes('--write')
const QUICK = process.argv.includes('--quick')
const LIBRARY = option('--library', '../dist/src/index.js')
const ROUNDS = Number(option('--rounds', QUICK ? 2 : 5))
// Measures only the variants that have a goal, for a longer run.
const GOALS = process.argv.includes('--goals')
const SLICE_MS = QUICK ? 300 : 750
const WARM_UP_MS = QUICK ? 300 : 1000

const BROWSER = [
  'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'accept: application/json, text/plain, */*', 'accept-language: en-US,en;q=0.9,de;q=0.8', 'accept-encoding: gzip, deflate, br, zstd',
  'referer: http://localhost:3001/dashboard', 'sec-ch-ua: "Chromium";v="142", "Not_A Brand";v="99"', 'sec-ch-ua-mobile: ?0', 'sec-ch-ua-platform: "Linux"',
  'sec-fetch-dest: empty', 'sec-fetch-mode: cors', 'sec-fetch-site: same-site'
]
const BROWSER_COOKIES = '_ga=GA1.1.1234567890.1712345678; theme=dark; consent=%7B%22necessary%22%3Atrue%7D; sFrontToken=eyJ1aWQiOiIxMTExMTExMS0xMTExIn0'

const tokens = await startTokens()
const thousand = await tokens.many(1000)
const tenThousand = [...thousand, ...QUICK ? [] : await tokens.many(9000)]
const unfinished = await tokens.many(20, false)
const cookie = (token) => [`cookie: sAccessToken=${token}`]
const bearer = (token) => [`authorization: Bearer ${token}`]

const ROWS = [
  { group: 'fastify-2fa', label: 'cookie', server: 'ours', headers: thousand.map(cookie) },
  { group: 'fastify-2fa', label: 'bearer', server: 'ours', headers: thousand.map(bearer) },
  { group: 'fastify-2fa', label: 'cookie, one token', server: 'ours', headers: thousand.slice(0, 1).map(cookie) },
  { group: 'fastify-2fa', label: 'cookie, ten thousand tokens', server: 'ours', headers: tenThousand.map(cookie), key: 'cookie' },
  { group: 'fastify-2fa', label: 'bearer, ten thousand tokens', server: 'ours', headers: tenThousand.map(bearer), key: 'bearer' },
  { group: 'fastify-2fa', label: 'cookie, a browser\'s headers', server: 'ours', headers: thousand.map((token) => [...BROWSER, `cookie: ${BROWSER_COOKIES}; sAccessToken=${token}`]) },
  { group: 'fastify-2fa', label: 'cookie, `request.session` read', server: 'ours', path: '/session', headers: thousand.map(cookie) },
  { group: 'fastify-2fa', label: 'cookie, a role by `config.secondFactor.roles`', server: 'ours', path: '/listed', headers: thousand.map(cookie) },
  { group: 'fastify-2fa', label: 'cookie, a role by the SDK\'s validator', server: 'ours', path: '/role', headers: thousand.map(cookie) },
  { group: 'fastify-2fa', label: 'cookie, no token seen before', server: 'ours', own: true, path: '/new', headers: thousand.map(cookie), key: 'firstSight' },
  { group: 'the guides', label: 'Fastify, cookie', server: 'guides-fastify', headers: thousand.map(cookie), key: 'guides' },
  { group: 'the guides', label: 'Fastify, bearer', server: 'guides-fastify', headers: thousand.map(bearer) },
  { group: 'the guides', label: 'Express 5, cookie', server: 'guides-express', headers: thousand.map(cookie) },
  { group: 'others', label: '@fastify/jwt with cache, cookie', server: 'fastify-jwt', headers: thousand.map(cookie), key: 'jwt' },
  { group: 'others', label: '@fastify/jwt with cache, bearer', server: 'fastify-jwt', headers: thousand.map(bearer) },
  { group: 'others', label: 'better-auth with cookie cache', server: 'better-auth' },
  { group: 'others', label: 'one RS256 verification, bearer', server: 'rs256', headers: thousand.map(bearer), key: 'rs256' },
  { group: 'refusals', label: 'ours, second factor open', server: 'ours', headers: unfinished.map(cookie), status: 403 },
  { group: 'refusals', label: 'the guides, second factor open', server: 'guides-fastify', headers: unfinished.map(cookie), status: 403 },
  { group: 'refusals', label: 'ours, forged', server: 'ours', headers: thousand.map((token, i) => cookie(tokens.forge(token, thousand[i ^ 1]))), status: 401, key: 'forged' },
  { group: 'refusals', label: 'the guides, forged', server: 'guides-fastify', headers: thousand.map((token, i) => cookie(tokens.forge(token, thousand[i ^ 1]))), status: 401 },
  { group: 'refusals', label: 'ours, no token', server: 'ours', headers: [[]], status: 401, key: 'noToken' },
  { group: 'refusals', label: 'the guides, no token', server: 'guides-fastify', headers: [[]], status: 401 }
].filter(({ key }) => !GOALS || key !== undefined)

/** Starts a process for a variant. It is idle while others are measured. */
async function startServer (name) {
  const child = fork(fileURLToPath(new URL('guard/server.js', import.meta.url)), [name], { env: { ...process.env, NODE_ENV: 'production' } })
  child.once('exit', (code) => { if (code !== null && code !== 0) throw new Error(`${name} ended with ${code}`) })
  const answer = () => new Promise((resolve) => { child.once('message', resolve) })
  child.send({ connectionURI: tokens.connectionURI, publicKey: tokens.publicKey, library: new URL(LIBRARY, import.meta.url).href })
  const { ready: { port, openPort = port, cookies } } = await answer()
  const [guardedLoad, openRouteLoad] = [await openLoad(port), await openLoad(openPort)]
  // Node ends connections on which no request begins within a minute.
  await openRouteLoad.run(prepare('/open', openPort, [[]]), 200)
  if (openPort === port) await guardedLoad.run(prepare('/open', port, [[]]), 200)
  else await guardedLoad.run(prepare('/guarded', port, [[]]), 401)
  return {
    port,
    openPort,
    cookies,
    load: guardedLoad,
    openLoad: openRouteLoad,
    /** CPU time so far in microseconds. */
    async cpu () {
      const answered = answer()
      child.send('cpu')
      return (await answered).cpu
    },
    stop () {
      child.disconnect()
    }
  }
}

async function slice (server, load, requests, status, milliseconds) {
  const before = await server.cpu()
  const start = performance.now()
  const count = await load.run(requests, status, milliseconds)
  const seconds = (performance.now() - start) / 1000
  return { cpu: (await server.cpu() - before) / count, rate: count / seconds }
}

function median (values) {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2
}

const servers = new Map()
const nameOf = ({ server, own, label }) => own === true ? label : server
for (const row of ROWS) {
  if (!servers.has(nameOf(row))) servers.set(nameOf(row), await startServer(row.server))
}
const variants = ROWS.map((row) => {
  const server = servers.get(nameOf(row))
  const headers = row.headers ?? server.cookies.map((line) => [`cookie: ${line}`])
  return {
    ...row,
    guarded: { load: server.load, requests: prepare(row.path ?? '/guarded', server.port, headers), status: row.status ?? 200 },
    open: { load: server.openLoad, requests: prepare('/open', server.openPort, headers), status: 200 },
    process: server,
    pairs: []
  }
})

const load = [loadavg()[0]]
for (const { guarded, open } of variants) {
  await open.load.run(open.requests, open.status, WARM_UP_MS / 4)
  await guarded.load.run(guarded.requests, guarded.status, WARM_UP_MS)
}
for (let round = 0; round < ROUNDS; round++) {
  for (const { process: server, guarded, open, pairs } of variants) {
    const measured = {}
    // Some variants cache tokens for up to a minute; fill their caches before measuring.
    await guarded.load.run(guarded.requests, guarded.status)
    for (const side of round % 2 === 0 ? ['open', 'guarded'] : ['guarded', 'open']) {
      const { load, requests, status } = { open, guarded }[side]
      measured[side] = await slice(server, load, requests, status, SLICE_MS)
    }
    pairs.push(measured)
  }
  load.push(loadavg()[0])
  process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
}
for (const server of servers.values()) {
  server.load.close()
  server.openLoad.close()
  server.stop()
}
tokens.close()

const results = variants.map(({ group, label, key, pairs }) => {
  const shares = pairs.map(({ open, guarded }) => open.cpu / guarded.cpu)
  return {
    group,
    label,
    key,
    cpu: median(pairs.map(({ guarded }) => guarded.cpu)),
    least: Math.min(...pairs.map(({ guarded }) => guarded.cpu)),
    share: median(shares),
    shares: [Math.min(...shares), Math.max(...shares)],
    shareOfLeast: Math.min(...pairs.map(({ open }) => open.cpu)) / Math.min(...pairs.map(({ guarded }) => guarded.cpu)),
    rate: median(pairs.map(({ guarded }) => guarded.rate))
  }
})
const about = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0].model.trim()}`,
  load: `${Math.min(...load).toFixed(1)} to ${Math.max(...load).toFixed(1)}`,
  rounds: ROUNDS,
  slice: SLICE_MS
}
const table = markdown(results, about)
console.log(table)

if (WRITE) {
  const page = new URL('../docs/performance.md', import.meta.url)
  const text = await readFile(page, 'utf8')
  await writeFile(page, text.replace(/(<!-- bench:begin -->\n)[^]*(<!-- bench:end -->)/, (_all, begin, end) => `${begin}${table}\n${end}`))
  await writeFile(new URL('../docs/performance.svg', import.meta.url), chart(results, about))
}
