import { fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openLoad, prepare } from './guard/load.js'
import { startTokens } from './guard/tokens.js'
import { option } from './script.js'

/**
 * Measures what metrics cost a guarded route: CPU time per request of three processes that differ in nothing else, for the
 * same bytes. Their slices take turns. The first two are the same, so that what they differ by is noise.
 *
 * Usage: npm run build && node bench/metrics.js [--rounds 40] [--slice 400]
 */
const ROUNDS = Number(option('--rounds', 40))
const SLICE_MS = Number(option('--slice', 400))
const LIBRARY = new URL('../dist/src/index.js', import.meta.url).href

const VARIANTS = { 'metrics off': {}, 'metrics off, again': {}, 'metrics on': { metrics: true }, 'metrics on, all routes counted': { metrics: { routes: 'all' } } }

const tokens = await startTokens()
const headers = (await tokens.many(100)).map((token) => [`cookie: sAccessToken=${token}`])

async function start (options) {
  const child = fork(fileURLToPath(new URL('guard/server.js', import.meta.url)), ['ours'], { env: { ...process.env, NODE_ENV: 'production' } })
  const answer = async () => (await once(child, 'message'))[0]
  child.send({ connectionURI: tokens.connectionURI, library: LIBRARY, options })
  const { ready: { port } } = await answer()
  const load = await openLoad(port)
  const requests = prepare('/guarded', port, headers)
  await load.run(requests, 200, 1500)
  return {
    slices: [],
    async measure () {
      await load.run(requests, 200)
      child.send('cpu')
      const { cpu: before } = await answer()
      const count = await load.run(requests, 200, SLICE_MS)
      child.send('cpu')
      const { cpu: after } = await answer()
      this.slices.push((after - before) / count)
    },
    stop () {
      load.close()
      child.disconnect()
    }
  }
}

const servers = []
for (const options of Object.values(VARIANTS)) servers.push(await start(options))
for (let round = 0; round < ROUNDS; round++) {
  for (const server of round % 2 === 0 ? servers : servers.toReversed()) await server.measure()
}
for (const server of servers) server.stop()
tokens.close()

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
/** Of the cheapest tenth: what other programs do to the caches makes a slice dearer, and nothing makes it cheaper. */
const cheap = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 10)]
const [base] = servers
console.log(`Load average ${loadavg()[0].toFixed(1)}; ${ROUNDS} rounds of ${SLICE_MS} ms; CPU µs per request`)
console.table(Object.fromEntries(Object.keys(VARIANTS).map((name, i) => [name, {
  'cheapest tenth': cheap(servers[i].slices).toFixed(2),
  'against off': `${(100 * cheap(servers[i].slices) / cheap(base.slices) - 100).toFixed(1)} %`,
  'median of pairs': `${(100 * median(servers[i].slices.map((cpu, round) => cpu / base.slices[round])) - 100).toFixed(1)} %`
}])))
