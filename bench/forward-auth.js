import { fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { startNginx } from './forward-auth/nginx.js'
import { openLoad, prepare } from './guard/load.js'
import { startTokens } from './guard/tokens.js'
import { option } from './script.js'

/**
 * Measures forward-auth behind a real nginx, for tokens that are known: requests to a shop that is open, that nginx asks
 * about at an open route of the service, that it asks about at `/verify/nginx`, and the same with answers that count for a
 * second (`examples/forward-auth/nginx-question-cached.conf`). They take turns within one run.
 *
 * The second is what asking costs in any case. The goal is that a decision leaves nine tenths of its rate: by the CPU time
 * of nginx, the service and the shop for a request, of which a busy machine makes less noise than of rates. The cheapest
 * slice of each counts.
 *
 * It needs nginx, and Linux for its CPU time. Usage: node bench/forward-auth.js [--rounds 10] [--slice 400]
 */
const ROUNDS = Number(option('--rounds', 10))
const SLICE_MS = Number(option('--slice', 400))
const GOAL = 0.9
const SECRET = 'a-secret-of-the-proxy-with-32-characters'
const ORIGIN = 'http://localhost:8080'

async function start (name, config) {
  const child = fork(fileURLToPath(new URL(`forward-auth/${name}.js`, import.meta.url)), { env: { ...process.env, NODE_ENV: 'production' } })
  const answer = async () => (await once(child, 'message'))[0]
  if (config !== undefined) child.send(config)
  const { port } = await answer()
  return {
    port,
    /** In microseconds, so far. */
    async cpu () {
      child.send('cpu')
      return (await answer()).cpu
    },
    stop () { child.disconnect() }
  }
}

const tokens = await startTokens()
const headers = (await tokens.many(100)).map((token) => [`cookie: sAccessToken=${token}`])
const [shop, service] = [await start('shop'), await start('service', { connectionURI: tokens.connectionURI, secret: SECRET, origin: ORIGIN })]
const nginx = await startNginx({ service: service.port, shop: shop.port, secret: SECRET, origin: ORIGIN })
const cpus = async () => ({ nginx: nginx.cpu(), service: await service.cpu(), shop: await shop.cpu() })

const load = await openLoad(nginx.port)
const variants = ['open', 'asked', 'guarded', 'cached'].map((name) => ({ name, requests: prepare(`/${name}`, nginx.port, headers), slices: [] }))
for (const { requests } of variants) await load.run(requests, 200, 1000)

for (let round = 0; round < ROUNDS; round++) {
  for (const { requests, slices } of round % 2 === 0 ? variants : variants.toReversed()) {
    // Every token is known, as of a visitor who was here a moment ago.
    await load.run(requests, 200)
    const [before, since] = [await cpus(), performance.now()]
    const count = await load.run(requests, 200, SLICE_MS)
    const [after, seconds] = [await cpus(), (performance.now() - since) / 1000]
    const cost = Object.fromEntries(Object.entries(after).map(([name, time]) => [name, (time - before[name]) / count]))
    slices.push({ ...cost, all: cost.nginx + cost.service + cost.shop, rate: count / seconds })
  }
  process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
}
load.close()
await nginx.stop()
service.stop()
shop.stop()
tokens.close()

const least = ({ slices }, name) => Math.min(...slices.map((slice) => slice[name]))
const [open, asked, guarded, cached] = variants
const share = (one, other) => least(other, 'all') / least(one, 'all')
console.log('µs of CPU  nginx  service  shop   all   requests/s at most')
for (const variant of variants) {
  const column = (name, width) => least(variant, name).toFixed(1).padStart(width)
  console.log(`${variant.name.padEnd(8)}${column('nginx', 8)}${column('service', 9)}${column('shop', 6)}${column('all', 6)}${Math.max(...variant.slices.map(({ rate }) => rate)).toFixed(0).padStart(13)}`)
}
const percent = (value) => `${(100 * value).toFixed(0)} %`
console.log(`guarded / asked: ${percent(share(guarded, asked))} (goal ${percent(GOAL)})`)
console.log(`guarded / open:  ${percent(share(guarded, open))}`)
console.log(`cached / open:   ${percent(share(cached, open))}`)
console.log(`load of the machine: ${loadavg()[0].toFixed(1)}`)
process.exitCode = share(guarded, asked) >= GOAL ? 0 : 1
