import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { betterAuth, superTokens } from './login/flows.js'
import { hashCost } from './login/hash.js'
import { startCore, startService } from './login/processes.js'
import { markdown } from './login/table.js'
import { option } from './script.js'

/**
 * Measures what a returning user's login costs (password, code, the code's use): CPU time of the service and of its Core,
 * and latency. Each variant has processes of its own, and they take turns within one run, because on a shared machine only
 * measurements close in time are comparable.
 *
 * Usage: node bench/login.js [--write] [--rounds 7] [--logins 40] [--before <root of an older built checkout>]
 */
const WRITE = process.argv.includes('--write')
const ROUNDS = Number(option('--rounds', 7))
const LOGINS = Number(option('--logins', 40))
const BEFORE = option('--before')
const WARM_UP = 60

const here = fileURLToPath(new URL('../', import.meta.url))
const libraryOf = (root) => `file://${root.replace(/\/$/, '')}/dist/src/index.js`
const VARIANTS = [
  { key: 'guides', label: 'the guides, Core elsewhere', service: 'guides', core: here, flow: superTokens },
  { key: 'elsewhere', label: 'fastify-2fa, Core elsewhere', service: 'ours', core: here, library: libraryOf(here), flow: superTokens },
  { key: 'inside', label: 'fastify-2fa, Core inside', service: 'ours', library: libraryOf(here), flow: superTokens },
  ...BEFORE === undefined ? [] : [{ key: 'before', label: 'fastify-2fa before, Core elsewhere', service: 'ours', core: BEFORE, library: libraryOf(BEFORE), flow: superTokens }],
  { key: 'better-auth', label: 'better-auth, in memory', service: 'better-auth', flow: betterAuth }
]

async function prepare ({ service, core, library, ...variant }) {
  const itsCore = core && await startCore(`${core}/dist/src/cli.js`)
  const itsService = await startService(service, { library, connectionURI: itsCore?.connectionURI })
  await variant.flow.enrol(itsService)
  for (let i = 0; i < WARM_UP; i++) await variant.flow.login(itsService)
  return { ...variant, service: itsService, core: itsCore, slices: [] }
}

const usageOf = async ({ service, core }) => [await service.usage(), await core?.usage()]

async function slice (variant) {
  const latencies = []
  const [serviceBefore, coreBefore] = await usageOf(variant)
  for (let i = 0; i < LOGINS; i++) {
    const start = performance.now()
    await variant.flow.login(variant.service)
    latencies.push(performance.now() - start)
  }
  const [service, core] = await usageOf(variant)
  const cpu = (after, before) => after && (after.cpu - before.cpu) / 1000 / LOGINS
  return { service: cpu(service, serviceBefore), core: cpu(core, coreBefore), calls: core && (core.requests - coreBefore.requests) / LOGINS, latency: median(latencies) }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

const variants = []
for (const variant of VARIANTS) variants.push(await prepare(variant))
const load = [loadavg()[0]]
for (let round = 0; round < ROUNDS; round++) {
  for (const variant of round % 2 === 0 ? variants : variants.toReversed()) variant.slices.push(await slice(variant))
  load.push(loadavg()[0])
  process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`)
}
for (const { service, core } of variants) {
  service.stop()
  core?.stop()
}

const results = variants.map(({ key, label, slices }) => {
  const of = (what) => slices.map((one) => one[what])
  const middle = (what) => of(what)[0] === undefined ? undefined : median(of(what))
  return { key, label, services: of('service'), cores: of('core'), service: middle('service'), core: middle('core'), calls: middle('calls'), latency: middle('latency') }
})
const table = markdown(results, {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0].model.trim()}`,
  load: `${Math.min(...load).toFixed(1)} to ${Math.max(...load).toFixed(1)}`,
  rounds: ROUNDS,
  logins: LOGINS,
  hash: await hashCost()
})
console.log(table)

if (WRITE) {
  const page = new URL('../docs/performance.md', import.meta.url)
  const text = await readFile(page, 'utf8')
  await writeFile(page, text.replace(/(<!-- login:begin -->\n)[^]*(<!-- login:end -->)/, (_all, begin, end) => `${begin}${table}\n${end}`))
}
