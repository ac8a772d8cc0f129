import { fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openLoad, prepare } from './guard/load.js'
import { startTokens } from './guard/tokens.js'
import { option } from './script.js'

/**
 * Measures what metrics cost a guarded route: CPU time per request of processes that differ in nothing else, for the same
 * bytes. Their slices take turns. No two processes of one program are equally fast, so each variant has several of them, and
 * the cheapest counts. The first two variants are the same: what they differ by is noise.
 *
 * Usage: npm run build && node bench/metrics.js [--rounds 20] [--slice 250] [--copies 4]
 */
const ROUNDS = Number(option('--rounds', 20))
const SLICE_MS = Number(option('--slice', 250))
const COPIES = Number(option('--copies', 4))
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

const variants = []
for (const [name, options] of Object.entries(VARIANTS)) variants.push({ name, servers: [], options })
for (let copy = 0; copy < COPIES; copy++) {
  for (const { servers, options } of variants) servers.push(await start(options))
}
for (let round = 0; round < ROUNDS; round++) {
  for (let copy = 0; copy < COPIES; copy++) {
    for (const { servers } of round % 2 === 0 ? variants : variants.toReversed()) await servers[copy].measure()
  }
}
for (const { servers } of variants) for (const server of servers) server.stop()
tokens.close()

/** Of the cheapest tenth: what other programs do to the caches makes a slice dearer, and nothing makes it cheaper. */
const cheap = ({ slices }) => slices.toSorted((a, b) => a - b)[Math.floor(slices.length / 10)]
const costs = variants.map(({ name, servers }) => ({ name, cost: Math.min(...servers.map(cheap)) }))
console.log(`Load average ${loadavg()[0].toFixed(1)}; ${ROUNDS} rounds of ${SLICE_MS} ms in each of ${COPIES} processes`)
console.table(Object.fromEntries(costs.map(({ name, cost }) => [name, { 'CPU µs per request': cost.toFixed(2), 'against off': `${(100 * cost / costs[0].cost - 100).toFixed(1)} %` }])))
