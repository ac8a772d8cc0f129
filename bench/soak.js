import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { option } from './script.js'
import { createFlows } from './soak/flows.js'
import { startPhones } from './soak/phones.js'
import { report } from './soak/report.js'

/**
 * Checks whether the service stays stable under load: mixed flows at a fixed rate, however slow the answers, against
 * the built service with an embedded Core on a file. The rate is a third of the capacity measured just before. Exits
 * with 1 if any request got an unexpected answer.
 *
 * Usage: node bench/soak.js [--minutes 10] [--rate <flows a second>] [--no-limits] [--write]
 */
const MINUTES = Number(option('--minutes', 10))
const WRITE = process.argv.includes('--write')
// The memory of the limits grows for a day by design. Without limits, memory must not grow at all.
const LIMITS = !process.argv.includes('--no-limits')
const SAMPLE_SECONDS = 10
const CALIBRATION_MS = 10_000
/** Far more concurrent flows than a third of the capacity needs. If they are reached, the rate cannot be kept. */
const MOST_AT_ONCE = 1000

const folder = mkdtempSync(join(tmpdir(), 'bench-soak-'))
const phones = await startPhones()
const child = fork(new URL('./soak/service.js', import.meta.url), [JSON.stringify({
  core: { embedded: { file: join(folder, 'core.sqlite'), config: { bcrypt_log_rounds: 4 } } },
  sms: phones.sms,
  // All clients share one address here, and users request codes without a pause.
  limits: LIMITS && {
    sends: { cooldown: 0, perTenMinutes: 1000, perDay: 1000, perAddressInTenMinutes: 1_000_000, perAddressInADay: 1_000_000 },
    signIn: { perAddress: 1_000_000 }
  }
})], { execArgv: ['--expose-gc'] })
process.on('exit', () => {
  child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
const ended = once(child, 'exit').then(([code, signal]) => { throw new Error(`the service has ended: ${code ?? signal}`) })
const [port] = await Promise.race([once(child, 'message'), ended])

let requests = []
let samples = []
let start = performance.now()
const minute = () => (performance.now() - start) / 60_000
const flows = createFlows(port, phones, (kind, ms, wrong) => { requests.push({ kind, minute: minute(), ms, wrong }) })

async function sample (minute, collect) {
  child.send({ collect })
  const [sampled] = await once(child, 'message')
  samples.push({ minute, ...sampled })
  return sampled
}

/** Measures the capacity in flows per second, which also warms up. */
async function calibrate () {
  await flows.populate(50)
  const until = performance.now() + CALIBRATION_MS
  let done = 0
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (; performance.now() < until; done++) await flows.any()
  }))
  return done / CALIBRATION_MS * 1000
}

async function drive (rate) {
  const open = new Set()
  let late = 0
  const total = Math.round(rate * MINUTES * 60)
  for (let count = 0; count < total; count++) {
    const due = start + count / rate * 1000
    if (due > performance.now()) await sleep(due - performance.now())
    late = Math.max(late, performance.now() - due)
    if (open.size >= MOST_AT_ONCE) throw new Error(`${MOST_AT_ONCE} flows are waiting: the rate of ${rate} a second cannot be kept`)
    const flow = flows.any().finally(() => open.delete(flow))
    open.add(flow)
  }
  await Promise.all(open)
  return late
}

/**
 * Samples every ten seconds, half a second before the interval ends, so that a late sample still belongs to its minute.
 */
async function watch () {
  const inAMinute = 60 / SAMPLE_SECONDS
  for (let count = 1; count <= MINUTES * inAMinute; count++) {
    await sleep(Math.max(0, start + count * SAMPLE_SECONDS * 1000 - 500 - performance.now()))
    const { rss, heapUsed, delayP99 } = await sample(count / inAMinute, count % inAMinute === 0)
    process.stderr.write(`${(count / inAMinute).toFixed(1)} min: ${requests.length} requests, ${requests.filter(({ wrong }) => wrong !== undefined).length} unexpected, RSS ${(rss / 2 ** 20).toFixed(0)} MB, heap ${(heapUsed / 2 ** 20).toFixed(0)} MB, loop delay p99 ${delayP99.toFixed(0)} ms\n`)
  }
}

const load = () => loadavg()[0].toFixed(1)
const loads = [load()]
const capacity = await calibrate()
const rate = Number(option('--rate', Math.max(1, Math.round(capacity / 3))))
const unexpected = requests.filter(({ wrong }) => wrong !== undefined)
process.stderr.write(`${capacity.toFixed(0)} flows a second at most, ${unexpected.length} unexpected answers; now ${rate} a second for ${MINUTES} min\n`)
await sample(0, true)
requests = []
samples = []
start = performance.now()
const before = process.cpuUsage()
const [late] = await Promise.race([Promise.all([drive(rate), watch()]), ended])
const own = process.cpuUsage(before)
loads.push(load())

const about = `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}; load average of the machine ${loads.join(' at the start, ')} at the end. ` +
  `${rate} flows a second (${capacity.toFixed(0)} were possible just before), ${MINUTES} minutes, passwords hashed with 4 rounds; flows began ${late.toFixed(0)} ms late at most; the client itself took ${((own.user + own.system) / 1000 / MINUTES / 600).toFixed(0)} % of a core.`
const { text, failed } = report({ requests, samples, minutes: MINUTES, about })
console.log(text)
if (WRITE) {
  const page = new URL('../docs/performance.md', import.meta.url)
  writeFileSync(page, readFileSync(page, 'utf8').replace(/(<!-- soak:begin -->\n)[^]*(<!-- soak:end -->)/, (_all, begin, end) => `${begin}${text}\n\n${end}`))
}
process.exit(failed + unexpected.length > 0 ? 1 : 0)
