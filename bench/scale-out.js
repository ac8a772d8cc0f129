import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { option } from './script.js'
import { createLogins } from './scale-out/logins.js'
import { freePort, launch, startRedis } from './scale-out/processes.js'
import { startPhones } from './soak/phones.js'

/**
 * Several replicas of the built service share a Core in a process of its own and a Redis. Measures what a login takes of
 * the CPU in each process with one, two and four replicas, all warm; then kills each part under load, and looks up in the
 * Core what was answered with OK meanwhile. Exits with 1 if anything of it is not there.
 *
 * Usage: node bench/scale-out.js [--logins 400] [--replicas 1,2,4] [--warm-up 300]
 */
const LOGINS = Number(option('--logins', 400))
/** At most. */
const WARM_UP_MS = 1000 * Number(option('--warm-up', 300))
const COUNTS = String(option('--replicas', '1,2,4')).split(',').map(Number)
const AT_ONCE = 8
const API_KEY = 'a-key-of-the-benchmark'

const folder = mkdtempSync(join(tmpdir(), 'bench-scale-out-'))
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })
const [corePort, redisPort] = [await freePort(), await freePort()]
const coreOptions = { file: join(folder, 'core.sqlite'), port: corePort, apiKey: API_KEY, config: { bcrypt_log_rounds: 4 } }
let redis = await startRedis(redisPort)
let core = await launch('./core.js', coreOptions)
const phones = await startPhones()
const service = {
  core: { connectionURI: core.said, apiKey: API_KEY },
  sms: phones.sms,
  // All people share one address here, and ask for codes without a pause. Everything is counted in Redis nonetheless.
  limits: {
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    // What a person may ask for is as it is: each message looks at that many slots in Redis.
    sends: { cooldown: 0, newNumbersPerHour: 1_000_000, newNumbersPerDay: 1_000_000, perAddressInTenMinutes: 1_000_000, perAddressInADay: 1_000_000, unansweredPerNetwork: 1_000_000 },
    signIn: { perAddress: 1_000_000 },
    signUps: false
  }
}
const replicas = []
const logins = createLogins(() => replicas.map(({ said }) => said), phones)

/** Keeps people signing in until `until` says so. Resolves with what came of it. */
async function load (until) {
  const failures = new Map()
  let done = 0
  const load = { stops: false }
  const workers = Array.from({ length: AT_ONCE }, async () => {
    while (!load.stops) {
      const failure = await logins.login()
      if (failure === undefined) done++
      else {
        failures.set(failure, (failures.get(failure) ?? 0) + 1)
        await sleep(50)
      }
    }
  })
  await until(() => done)
  load.stops = true
  await Promise.all(workers)
  return { done, failures }
}

async function startReplicas (count) {
  while (replicas.length < count) replicas.push(await launch('./service.js', service))
}

/** CPU seconds so far: of each replica, the Core and Redis. */
const cpuOf = async () => ({ replicas: await Promise.all(replicas.map((part) => part.cpu())), core: await core.cpu(), redis: await redis.cpu() })

const sum = (values) => values.reduce((total, value) => total + value, 0)

/** Has people sign in that often; resolves with what a login takes of the CPU, in ms. Each replica has its share of every login. */
async function measure (logins, end = Infinity) {
  const [before, start] = [await cpuOf(), performance.now()]
  const { done, failures } = await load(async (count) => { while (count() < logins && performance.now() < end) await sleep(20) })
  const [after, seconds] = [await cpuOf(), (performance.now() - start) / 1000]
  const each = after.replicas.map((used, at) => 1000 * (used - before.replicas[at]) / done)
  return { done, seconds, each, core: 1000 * (after.core - before.core) / done, redis: 1000 * (after.redis - before.redis) / done, failures: [...failures] }
}

/** V8 goes on optimising for hundreds of logins; each round takes that many of each replica. */
const ROUND = 100
const STABLE = 0.05

/** Until no replica takes clearly less than in the round before. Resolves with the logins of that, and whether it came so far. */
async function warmUp () {
  const end = performance.now() + WARM_UP_MS
  let total = 0
  let last
  while (performance.now() < end) {
    const { done, each } = await measure(ROUND * replicas.length, end)
    total += done
    process.stderr.write(`  warming up: ${each.map((ms) => (ms * replicas.length).toFixed(1)).join(', ')} ms\n`)
    if (last !== undefined && each.every((ms, at) => ms > last[at] * (1 - STABLE))) return { total, isStable: performance.now() < end }
    last = each
  }
  return { total, isStable: false }
}

const rows = []
const machine = [loadavg()[0]]
for (const count of COUNTS) {
  await startReplicas(count)
  const warm = await warmUp()
  rows.push({ count, warm: `${warm.total}${warm.isStable ? '' : ', not stable'}`, ...await measure(LOGINS) })
  machine.push(loadavg()[0])
  process.stderr.write(`${count} replicas: ${rows.at(-1).done} logins after ${rows.at(-1).warm} to warm up\n`)
}

/** Kills a part under load and brings it back; goes on until logins work again. */
async function fault (name, kill, bringBack) {
  let recovered
  const { done, failures } = await load(async (count) => {
    await sleep(1000)
    await kill()
    await sleep(1500)
    await bringBack()
    const [back, since] = [performance.now(), count()]
    while (count() < since + 20 && performance.now() - back < 60_000) await sleep(20)
    recovered = count() >= since + 20 ? performance.now() - back : undefined
    await sleep(500)
  })
  machine.push(loadavg()[0])
  return { name, done, failures: [...failures], recovered }
}

const faults = []
faults.push(await fault('a replica', async () => {
  // The balancer takes it out when it does not answer.
  await replicas.shift().kill()
}, () => startReplicas(COUNTS.at(-1))))
faults.push(await fault('Redis', () => redis.kill(), async () => { redis = await startRedis(redisPort) }))
faults.push(await fault('the Core', () => core.kill(), async () => { core = await launch('./core.js', coreOptions) }))

async function ask (path) {
  const response = await fetch(core.said + path, { headers: { 'api-key': API_KEY, 'cdi-version': '5.4' } })
  return await response.json()
}

/** What the Core has of what the service has said to be so. */
async function lookUp ({ users, enrolled, sessions, usedTwice, triedTwice }) {
  const missing = { users: 0, enrolments: 0, sessions: 0, sessionsWithoutUser: 0 }
  for (const userId of users) if ((await ask(`/user/id?userId=${userId}`)).status !== 'OK') missing.users++
  for (const userId of enrolled) if ((await ask(`/recipe/user/metadata?userId=${userId}`)).metadata?.passwordlessUserId === undefined) missing.enrolments++
  for (const [handle, userId] of sessions) {
    const session = await ask(`/recipe/session?sessionHandle=${handle}`)
    if (session.status !== 'OK') missing.sessions++
    else if (session.userId !== userId || !users.has(userId)) missing.sessionsWithoutUser++
  }
  return { ...missing, usedTwice, triedTwice }
}

const found = await lookUp(logins.told)
const { users, sessions } = logins.told
console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}, load ${Math.min(...machine).toFixed(1)} to ${Math.max(...machine).toFixed(1)}; ${AT_ONCE} people at once\n`)
const span = (values) => values.length === 1 ? values[0].toFixed(1) : `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`
console.log('CPU ms per login:\n\n| replicas | logins (to warm up) | replicas together | one replica, of what it serves | Core | Redis | all | logins/s | failed |\n|---|---|---|---|---|---|---|---|---|')
for (const { count, warm, done, seconds, each, core, redis, failures } of rows) {
  const together = sum(each)
  const cells = [count, `${done} (${warm})`, together.toFixed(1), span(each.map((ms) => ms * count)), core.toFixed(1), redis.toFixed(1), (together + core + redis).toFixed(1), (done / seconds).toFixed(1), failures.map(([what, times]) => `${times} × ${what}`).join(', ') || '0']
  console.log(`| ${cells.join(' | ')} |`)
}
console.log('\n| killed | logins meanwhile | failed meanwhile | 20 logins after it was back |\n|---|---|---|---|')
for (const { name, done, failures, recovered } of faults) console.log(`| ${name} | ${done} | ${failures.map(([what, times]) => `${times} × ${what}`).join(', ') || '0'} | ${recovered === undefined ? 'not within 60 s' : `${(recovered / 1000).toFixed(1)} s`} |`)
console.log(`\nOf ${users.size} people and ${sessions.size} sessions that were answered with OK, the Core lacks ${found.users} people, ${found.enrolments} enrolments and ${found.sessions} sessions; ${found.sessionsWithoutUser} sessions have another user or none. Of ${found.triedTwice} codes that were tried twice, ${found.usedTwice} worked.`)
const isWhole = [found.users, found.enrolments, found.sessions, found.sessionsWithoutUser, found.usedTwice].every((count) => count === 0) && faults.every(({ recovered }) => recovered !== undefined)
process.exit(isWhole ? 0 : 1)
