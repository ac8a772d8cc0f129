import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash } from '@node-rs/bcrypt'
import { caller, measure, operations, PASSWORD, signUpsAtOnce } from './core/client.js'
import { populate } from './core/populate.js'
import { callerInProcess, compare, everyOperation } from './core/scale.js'
import { ms, option, percentile } from './script.js'

/**
 * Measures the embedded Core:
 *
 * - operations per second, in memory and on a synced file. The Core runs in its own process. A single client process reaches
 *   it over loopback, and the client's own work is part of the figures. Only the CPU time is the Core's alone (all its
 *   threads), and it is the one figure that a busy machine hardly changes.
 * - 200 sign-ups at once.
 * - whether many users slow it down: the CPU time of each operation on a small and a large file, slice by slice in turns, in
 *   this process.
 *
 * Usage: node bench/core.js [--users 1000000] [--few 2000] [--quick] [--scale-only] [--library <path of the built
 * embedded-core/index.js>]
 */
const QUICK = process.argv.includes('--quick')
const USERS = Number(option('--users', QUICK ? 5000 : 1_000_000))
const LIBRARY = new URL(option('--library', '../dist/src/embedded-core/index.js'), option('--library') ? `file://${process.cwd()}/` : import.meta.url).href
const FEW = Number(option('--few', 2000))
const SCALE_ONLY = process.argv.includes('--scale-only')
const LIMIT = QUICK ? { operations: 200, ms: 300 } : { operations: 3000, ms: 1500 }
const CHEAP = { bcrypt_log_rounds: 4 }

const folder = mkdtempSync(join(tmpdir(), 'bench-core-'))
const children = new Set()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function start (options) {
  const before = Date.now()
  const child = fork(new URL('./core/owner.js', import.meta.url), [LIBRARY, JSON.stringify(options)])
  children.add(child)
  const [message] = await once(child, 'message')
  const startMs = Date.now() - before
  const usage = async () => {
    child.send('usage')
    const [{ rss, cpu }] = await once(child, 'message')
    return { rss, cpu: (cpu.user + cpu.system) / 1000 }
  }
  const stop = async () => {
    child.send('stop')
    await once(child, 'exit')
    children.delete(child)
  }
  return { ...message, startMs, usage, stop, call: caller(message) }
}

const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MB`
const print = (...cells) => console.log(`| ${cells.join(' | ')} |`)
const load = () => loadavg().map((one) => one.toFixed(1)).join(', ')

console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0].model}; load average ${load()} at the start\n`)

const rows = new Map()
for (const [where, file] of SCALE_ONLY ? [] : [['memory', ':memory:'], ['file', join(folder, 'ops.db')]]) {
  const core = await start({ file, config: CHEAP })
  const work = await operations(core.call)
  for (const [name, operation] of Object.entries(work)) {
    for (const concurrency of [1, 32]) {
      // Warm-up, not counted. The first sign-ups also create the users for the sign-ins.
      await measure(operation, { concurrency, operations: 50, ms: 500 })
      const before = await core.usage()
      const { times, ms: took } = await measure(operation, { concurrency, ...LIMIT })
      const cpu = ((await core.usage()).cpu - before.cpu) / times.length
      rows.set(name, [...(rows.get(name) ?? []), `${(times.length / took * 1000).toFixed(0)} / ${ms(percentile(times, 0.99))} / ${cpu.toFixed(2)}`])
    }
  }
  rows.set('resident memory, started and after', [...(rows.get('resident memory, started and after') ?? []), '', `${mb((await core.usage()).rss)} (${where})`])
  await core.stop()
}
if (!SCALE_ONLY) {
  print('operations a second / p99 in ms / CPU ms of the Core', 'memory, 1', 'memory, 32', 'file, 1', 'file, 32')
  print('---', '---:', '---:', '---:', '---:')
}
for (const [name, cells] of rows) print(name, ...cells)

const hashing = {}
for (const rounds of [4, 11]) {
  const before = performance.now()
  for (let turn = 0; turn < 5; turn++) await hash(PASSWORD, rounds)
  hashing[rounds] = (performance.now() - before) / 5
}
console.log(`\nOne bcrypt hash: ${ms(hashing[4])} ms at the 4 rounds used above, ${ms(hashing[11])} ms at the default of 11.\n`)

/** 200 people sign up at once, with the default hashes: without a limit to the wait, and with the default one. */
async function flood (maxHashWait) {
  const core = await start({ maxHashWait })
  const { answered, refused } = await signUpsAtOnce(core, 200)
  await core.stop()
  return `${answered.length} | ${ms(percentile(answered, 0.5))} / ${ms(percentile(answered, 0.99))} | ${refused.length} | ${refused.length === 0 ? '' : ms(percentile(refused, 0.99))}`
}
if (!SCALE_ONLY) {
  print('200 sign-ups at once', 'answered', 'p50 / p99 in ms', 'refused', 'p99 in ms')
  print('---', '---:', '---:', '---:', '---:')
  print('no limit', await flood(0))
  print('a wait of 4 s at most', await flood(4000))
  console.log()
}

const { openStorage } = await import(new URL('./storage/storage.js', LIBRARY).href)
const { STEPS } = await import(new URL('./storage/schema.js', LIBRARY).href)
const { openApps } = await import(new URL('./tenants/apps.js', LIBRARY).href)
const { buildServer } = await import(new URL('./server.js', LIBRARY).href)
const { sweep } = await import(new URL('./storage/housekeeping.js', LIBRARY).href)
const passwordHash = await hash(PASSWORD, 4)
const took = []
async function openPopulated (name, users) {
  const file = join(folder, `${name}.db`)
  const marks = [performance.now()]
  const db = openStorage(file, { steps: STEPS.slice(0, 2) })
  populate(db, users, passwordHash)
  db.close()
  marks.push(performance.now())
  const apps = openApps({ file, config: CHEAP, durability: 'normal', now: Date.now, onError: (error) => { throw error } })
  marks.push(performance.now())
  const server = buildServer(apps, [], false)
  await server.ready()
  took.push(`${users.toLocaleString('en')} users: ${((marks[1] - marks[0]) / 1000).toFixed(0)} s to write them with schema version 2, ${((marks[2] - marks[1]) / 1000).toFixed(1)} s to migrate and open the file, ${mb(statSync(file).size)}`)
  return everyOperation(callerInProcess(server), users, PASSWORD, () => sweep(apps.get('public')))
}
const small = await openPopulated('small', FEW)
const large = await openPopulated('large', USERS)
print('CPU time in ms', `${FEW.toLocaleString('en')} users`, `${USERS.toLocaleString('en')} users`, 'ratio')
print('---', '---:', '---:', '---:')
for (const name of Object.keys(small)) {
  const { small: few, large: many, ratio } = await compare(small[name], large[name])
  print(name, few.toFixed(2), many.toFixed(2), ratio.toFixed(2))
}
console.log(`\n${took.join('. ')}. Load average ${load()} at the end.`)
process.exit(0)
