import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { startNginx } from './forward-auth/nginx.js'
import { openLoad, prepare } from './guard/load.js'
import { startTokens } from './guard/tokens.js'
import { option } from './script.js'

/**
 * Measures forward-auth behind a real nginx, for tokens that are known: requests to a shop that is open, that nginx asks
 * about at a route which answers at once, that it asks about at `/verify/nginx`, and the same with answers that count for a
 * second (`examples/forward-auth/nginx-question-cached.conf`). They take turns within one run.
 *
 * The second is what asking costs in any case; the goal is that the decision leaves nine tenths of its rate.
 *
 * Usage: node bench/forward-auth.js [--rounds 5] [--slice 750]
 */
const ROUNDS = Number(option('--rounds', 5))
const SLICE_MS = Number(option('--slice', 750))
const GOAL = 0.9
const SECRET = 'a-secret-of-the-proxy-with-32-characters'
const ORIGIN = 'http://localhost:8080'

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const tokens = await startTokens()
const headers = (await tokens.many(1000)).map((token) => [`cookie: sAccessToken=${token}`])

const shop = createServer((_request, response) => { response.setHeader('content-length', 2).end('ok') }).listen(0, '127.0.0.1')
shop.keepAliveTimeout = 600_000
await once(shop, 'listening')

const service = fork(fileURLToPath(new URL('forward-auth/service.js', import.meta.url)), { env: { ...process.env, NODE_ENV: 'production' } })
const answer = async () => (await once(service, 'message'))[0]
service.send({ connectionURI: tokens.connectionURI, secret: SECRET, origin: ORIGIN })
const nginx = await startNginx({ service: (await answer()).port, shop: shop.address().port, secret: SECRET, origin: ORIGIN })

async function cpu () {
  service.send('cpu')
  return (await answer()).cpu
}

const load = await openLoad(nginx.port)
const variants = ['open', 'asked', 'guarded', 'cached'].map((name) => ({ name, requests: prepare(`/${name}`, nginx.port, headers), rates: [], cpus: [] }))
for (const { requests } of variants) await load.run(requests, 200)

for (let round = 0; round < ROUNDS; round++) {
  for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
    // Every token is known, as of a visitor who was here a moment ago.
    await load.run(variant.requests, 200)
    const before = await cpu()
    const start = performance.now()
    const count = await load.run(variant.requests, 200, SLICE_MS)
    variant.rates.push(count / (performance.now() - start) * 1000)
    variant.cpus.push((await cpu() - before) / count)
  }
  process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
}
load.close()
await nginx.stop()
service.disconnect()
shop.closeAllConnections()
shop.close()
tokens.close()

const [open, asked, guarded, cached] = variants
const share = (one, other) => median(one.rates.map((rate, i) => rate / other.rates[i]))
for (const { name, rates, cpus } of variants) console.log(`${name.padEnd(8)} ${median(rates).toFixed(0).padStart(6)} requests/s  ${median(cpus).toFixed(1).padStart(6)} µs of the service's CPU`)
const decision = share(guarded, asked)
console.log(`guarded / asked: ${(100 * decision).toFixed(0)} % (goal ${100 * GOAL} %)`)
console.log(`guarded / open:  ${(100 * share(guarded, open)).toFixed(0)} %`)
console.log(`cached / open:   ${(100 * share(cached, open)).toFixed(0)} %`)
process.exitCode = decision >= GOAL ? 0 : 1
