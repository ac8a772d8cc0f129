import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 60_000

/** Those that run, with how to end each. */
const running = new Set()
process.on('exit', () => { for (const child of running) child.kill('SIGKILL') })

/** Runs a command of a build in an empty folder, so that no `.env` counts. What it writes to stderr is kept. */
function command (build, folder, args, env) {
  const child = spawn(process.execPath, [join(build, 'dist/src/cli.js'), ...args], { cwd: folder, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const said = { out: '', err: '' }
  child.stdout.on('data', (part) => { said.out += part })
  child.stderr.on('data', (part) => { said.err += part })
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code
  })
  async function stop () {
    child.kill('SIGTERM')
    return await ended
  }
  return { child, said, ended, stop }
}

async function until (what, { said, child }, holds) {
  const end = performance.now() + PATIENCE_MS
  while (!await holds()) {
    if (child.exitCode !== null || performance.now() > end) throw new Error(`${what}: ${said.err}${said.out}`)
    await sleep(50)
  }
}

/** A Core in a process of its own. */
export async function startCore (build, folder, { file, port, apiKey }) {
  const core = command(build, folder, ['core', '--file', file, '--port', String(port), '--api-key', apiKey, '--config', '{"bcrypt_log_rounds":4}'])
  await until('no Core', core, () => core.said.out.includes('\n'))
  return core
}

/** What a Core that does not start says, and its exit code; undefined if it has started, and is stopped again. */
export async function coreRefuses (build, folder, { file, port, apiKey }) {
  const core = command(build, folder, ['core', '--file', file, '--port', String(port), '--api-key', apiKey])
  await Promise.race([core.ended, until('no Core', core, () => core.said.out.includes('\n')).catch(() => {})])
  if (core.child.exitCode !== null) return { code: core.child.exitCode, said: core.said.err }
  await core.stop()
  return undefined
}

/** A replica of the service, as `npm start` runs it but for the log. */
export async function startReplica (name, build, folder, { port, connectionURI, apiKey, redisUrl }) {
  const origin = `http://127.0.0.1:${port}`
  const replica = command(build, folder, ['serve'], {
    PORT: String(port),
    // All replicas are one service: what they sign names it.
    API_DOMAIN: 'http://localhost:3000',
    WEBSITE_DOMAIN: 'http://localhost:3001',
    PLAYGROUND: 'false',
    LOG_LEVEL: 'warn',
    MAX_EVENT_LOOP_DELAY: '0',
    // Each person has an address of their own, as behind a proxy.
    TRUST_PROXY: 'loopback',
    SUPERTOKENS_CONNECTION_URI: connectionURI,
    SUPERTOKENS_API_KEY: apiKey,
    REDIS_URL: redisUrl
  })
  await until(`the ${name} replica is not ready`, replica, () => fetch(`${origin}/ready`).then(({ ok }) => ok, () => false))
  return { name, origin, stop: replica.stop, said: replica.said, ready: () => until('not ready', replica, () => fetch(`${origin}/ready`).then(({ ok }) => ok, () => false)) }
}
