import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import type { ServiceOptions } from '../../src/index.js'

export interface Process {
  /** Where it listens. */
  origin: string
  /** By SIGKILL: no handler runs, nothing is finished. */
  kill (): Promise<void>
  /** By SIGTERM; resolves with the exit code when it has ended. */
  terminate (): Promise<number | null>
}

export const API_KEY = 'a-key-of-the-fault-tests'

/** FAULTS_LOG_LEVEL=warn shows what the service has to say. */
const { FAULTS_LOG_LEVEL } = process.env
const LOGGING = FAULTS_LOG_LEVEL === undefined ? {} : { FAULTS_LOG_LEVEL }

/** A new Core need not generate keys. */
const RSA_POOL = new URL('../rsa-pool.js', import.meta.url).href
/** For tests that are not about time limits: a busy machine would run into them. */
const PATIENCE = new URL('../patience.js', import.meta.url).href

async function launch (t: Test, entry: string, options: object, preloads: string[] = []): Promise<Process> {
  // Without what tap adds to measure coverage: most of these processes are killed.
  const child: ChildProcess = fork(new URL(entry, import.meta.url), [JSON.stringify(options)], { execArgv: [RSA_POOL, ...preloads].map((file) => `--import=${file}`), env: LOGGING, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exit = once(child, 'exit') as Promise<[code: number | null]>
  async function end (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    child.kill(signal)
    return (await exit)[0]
  }
  t.teardown(() => end('SIGKILL'))
  const [first] = await Promise.race([once(child, 'message') as Promise<[string]>, exit])
  if (typeof first !== 'string') throw new Error(`${entry} has ended with ${first}`)
  return { origin: first, kill: async () => { await end('SIGKILL') }, terminate: () => end('SIGTERM') }
}

/** An embedded Core alone; the same file and port once more are the same Core come back. */
export function startCore (t: Test, options: { file: string, port: number }): Promise<Process> {
  return launch(t, './core-process.js', { ...options, apiKey: API_KEY, config: { bcrypt_log_rounds: 4 } })
}

/** The service as `fastify-2fa serve` runs it; `patient`, its time limits for calls run out ten times later. */
export function startService (t: Test, options: ServiceOptions, { patient = false, preloads = [] as string[] } = {}): Promise<Process> {
  return launch(t, './service-process.js', options, patient ? [PATIENCE, ...preloads] : preloads)
}
