import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import { coresInProcess } from '../src/embedded-core/in-process.js'
import { fastify2fa } from '../src/index.js'
import { passSecondFactor, signIn, signInWithSecondFactor } from '../src/testing/index.js'

/**
 * What a returning user's login costs with an embedded Core that is called directly, and with one that is called over
 * loopback: CPU time of the process (all threads) and latency. The two take turns, each in a process of its own.
 * Passwords are hashed with 4 rounds of bcrypt, so that the calls are what is seen.
 */
const WAYS = ['loopback', 'direct'] as const
const ROUNDS = 5
const WARM_UP = 20
const LOGINS = 60

type Way = typeof WAYS[number]
interface Cost { cpu: number, latency: number }

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number

async function measure (way: Way): Promise<Cost> {
  const app = Fastify({ logger: false })
  const embedded = { config: { bcrypt_log_rounds: 4 }, ...(way === 'loopback' && { port: 0 }) }
  const limits = { sends: false, signIn: false, signUps: false, mails: false } as const
  await app.register(fastify2fa, { production: false, core: { embedded }, sms: { provider: 'log' }, mail: { provider: 'log' }, limits })
  await app.ready()
  // Without its entry, it is reached like any other address.
  if (way === 'loopback') coresInProcess.delete(app.twoFactor.core.connectionURI)

  const user = await signInWithSecondFactor(app)
  const login = async (): Promise<void> => { await passSecondFactor(app, await signIn(app, user)) }
  for (let i = 0; i < WARM_UP; i++) await login()
  const latencies: number[] = []
  const before = process.cpuUsage()
  for (let i = 0; i < LOGINS; i++) {
    const start = performance.now()
    await login()
    latencies.push(performance.now() - start)
  }
  const used = process.cpuUsage(before)
  await app.close()
  return { cpu: (used.user + used.system) / 1000 / LOGINS, latency: median(latencies) }
}

const [, file = fileURLToPath(import.meta.url), way] = process.argv
if (way !== undefined) {
  console.log(JSON.stringify(await measure(way as Way)))
} else {
  const costs: Record<Way, Cost[]> = { loopback: [], direct: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of WAYS) costs[one].push(JSON.parse(execFileSync(process.execPath, [file, one], { encoding: 'utf8' })) as Cost)
  }
  const of = (one: Way, what: keyof Cost): number => median(costs[one].map((cost) => cost[what]))
  console.log(`Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}; ${ROUNDS} rounds of ${LOGINS} logins, medians`)
  for (const one of WAYS) console.log(`${one.padEnd(8)}  CPU ${of(one, 'cpu').toFixed(1)} ms  latency ${of(one, 'latency').toFixed(1)} ms`)
  const ratios = costs.direct.map(({ cpu }, round) => cpu / (costs.loopback[round] as Cost).cpu)
  console.log(`direct / loopback, CPU of each round: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`)
}
