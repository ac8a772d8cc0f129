import { fork } from 'node:child_process'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openLoad, prepare } from './guard/load.js'
import { startTokens } from './guard/tokens.js'
import { option } from './script.js'

/**
 * Measures what traces cost on a guarded route: CPU time per request without an SDK of OpenTelemetry, with one that keeps
 * nothing, and with one that keeps every span, and of another build of the library, all in turn. See bench/guard.js.
 *
 * Usage: node bench/tracing.js [--rounds 20] [--before <path of the index.js of a build without traces>]
 */
const ROUNDS = Number(option('--rounds', 20))
const BEFORE = option('--before', '')
const SLICE_MS = 500

const tokens = await startTokens()
const headers = (await tokens.many(1000)).map((token) => [`cookie: sAccessToken=${token}`])

/** Starts a process. With an SDK, there is no server span: what is measured is what the library adds. */
async function start (name, { library = '../dist/src/index.js', sdk }) {
  const execArgv = sdk === undefined ? [] : ['--import', fileURLToPath(new URL(`tracing/${sdk}.js`, import.meta.url))]
  const child = fork(fileURLToPath(new URL('guard/server.js', import.meta.url)), ['ours'], { env: { ...process.env, NODE_ENV: 'production' }, execArgv })
  child.once('exit', (code) => { if (code !== null && code !== 0) throw new Error(`${name} ended with ${code}`) })
  const answer = () => new Promise((resolve) => { child.once('message', resolve) })
  child.send({ connectionURI: tokens.connectionURI, publicKey: tokens.publicKey, library: new URL(library, import.meta.url).href })
  const { ready: { port } } = await answer()
  const load = await openLoad(port)
  const requests = prepare('/guarded', port, headers)
  await load.run(requests, 200)
  await load.run(requests, 200, 1000)
  return {
    name,
    perRequest: [],
    async measure () {
      const cpu = async () => {
        const answered = answer()
        child.send('cpu')
        return (await answered).cpu
      }
      const before = await cpu()
      const count = await load.run(requests, 200, SLICE_MS)
      this.perRequest.push((await cpu() - before) / count)
    },
    stop () {
      load.close()
      child.disconnect()
    }
  }
}

const off = await start('no SDK', {})
const others = [
  // The same twice, so that the noise is seen.
  await start('no SDK, a second process', {}),
  ...BEFORE === '' ? [] : [await start('before', { library: BEFORE })],
  await start('an SDK, no span kept', { sdk: 'sampled-none' }),
  await start('an SDK, every span kept', { sdk: 'sampled-all' })
]
const variants = [off, ...others]
const load = [loadavg()[0]]
for (let round = 0; round < ROUNDS; round++) {
  for (const variant of round % 2 === 0 ? variants : variants.toReversed()) await variant.measure()
  load.push(loadavg()[0])
}
for (const variant of variants) variant.stop()
tokens.close()

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
console.log(`${ROUNDS} rounds of ${SLICE_MS} ms, Node ${process.version}, load ${Math.min(...load).toFixed(1)} to ${Math.max(...load).toFixed(1)}`)
console.log('| | CPU µs, median (least) | of "no SDK", median of pairs | of leasts |\n|---|---|---|---|')
for (const { name, perRequest } of variants) {
  const ratio = median(perRequest.map((value, round) => value / off.perRequest[round]))
  const least = Math.min(...perRequest) / Math.min(...off.perRequest)
  console.log(`| ${name} | ${median(perRequest).toFixed(1)} (${Math.min(...perRequest).toFixed(1)}) | ${(100 * ratio).toFixed(1)} % | ${(100 * least).toFixed(1)} % |`)
}
