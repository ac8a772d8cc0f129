import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash } from '@node-rs/bcrypt'
import { caller, measure, operations, PASSWORD } from './core/client.js'
import { populate } from './core/populate.js'
import { ms, option, percentile } from './script.js'

/**
 * Measures the embedded Core: operations per second in memory and on a synced file, and whether a large file slows it
 * down. The Core runs in its own process. A single client process reaches it over loopback, and the client's own work
 * is part of the figures. Only the CPU time is the Core's alone (all its threads), and it is the one figure that a busy
 * machine hardly changes. The small and the large Core take turns, slice by slice.
 *
 * Usage: node bench/core.js [--users 1000000] [--quick] [--large-only] [--library <path of the built
 * embedded-core/index.js>]
 */
const QUICK = process.argv.includes('--quick')
const USERS = Number(option('--users', QUICK ? 5000 : 1_000_000))
const LIBRARY = new URL(option('--library', '../dist/src/embedded-core/index.js'), option('--library') ? `file://${process.cwd()}/` : import.meta.url).href
const LARGE_ONLY = process.argv.includes('--large-only')
const LIMIT = QUICK ? { operations: 200, ms: 300 } : { operations: 3000, ms: 1500 }
const SLICES = QUICK ? 2 : 8
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
for (const [where, file] of LARGE_ONLY ? [] : [['memory', ':memory:'], ['file', join(folder, 'ops.db')]]) {
  const core = await start({ file, config: CHEAP })
  const work = await operations(core.call, [])
  for (const [name, operation] of Object.entries(work)) {
    if (name === 'listing page') continue
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
if (!LARGE_ONLY) {
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

const { openStorage } = await import(new URL('./storage/storage.js', LIBRARY).href)
const passwordHash = await hash(PASSWORD, 4)
const sizes = { small: 200, large: USERS }
const cores = {}
let disk
for (const [name, users] of Object.entries(sizes)) {
  const file = join(folder, `${name}.db`)
  const db = openStorage(file)
  const before = performance.now()
  disk = populate(db, users, passwordHash)
  db.close()
  const seconds = (performance.now() - before) / 1000
  cores[name] = { ...await start({ file, config: CHEAP }), seconds }
}
const work = {}
const freshRss = {}
for (const [name, { call, usage }] of Object.entries(cores)) {
  freshRss[name] = (await usage()).rss
  work[name] = await operations(call, Array.from({ length: sizes[name] }, (_, index) => `user-${index}@example.com`))
}
print('p50 / p99 in ms / CPU ms of the Core, on a file', `${sizes.small} users`, `${USERS.toLocaleString('en')} users`, 'p99')
print('---', '---:', '---:', '---:')
for (const name of ['sign-in', 'session create', 'refresh', 'listing page']) {
  const times = { small: [], large: [] }
  const cpu = { small: 0, large: 0 }
  for (const which of ['small', 'large']) await measure(work[which][name], { concurrency: 8, operations: 100, ms: 1000 })
  for (let slice = 0; slice < SLICES; slice++) {
    for (const which of slice % 2 === 0 ? ['small', 'large'] : ['large', 'small']) {
      const before = await cores[which].usage()
      times[which].push(...(await measure(work[which][name], { concurrency: 8, operations: 2000, ms: QUICK ? 400 : 1000 })).times)
      cpu[which] += (await cores[which].usage()).cpu - before.cpu
    }
  }
  const of = (which) => `${ms(percentile(times[which], 0.5))} / ${ms(percentile(times[which], 0.99))} / ${(cpu[which] / times[which].length).toFixed(2)}`
  print(name, of('small'), of('large'), `${((percentile(times.large, 0.99) / percentile(times.small, 0.99) - 1) * 100).toFixed(0)} %`)
}
console.log(`
Start to ready: ${cores.small.startMs} ms from the start of the process, ${ms(cores.small.own)} ms of them in \`createEmbeddedCore\` on a small file, ${ms(cores.large.own)} ms on the large one.
Resident memory when started: ${mb(freshRss.small)} (small), ${mb(freshRss.large)} (large). On disk: ${disk.perUser.toFixed(0)} bytes a user, ${disk.perSession.toFixed(0)} bytes a session.
Inserting the users and sessions took ${cores.large.seconds.toFixed(0)} s. Load average ${load()} at the end.`)
for (const { stop } of Object.values(cores)) await stop()
process.exit(0)
