import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

/** Passwords are hashed with the fewest rounds: what a hash costs is measured apart. */
const FEW_ROUNDS = JSON.stringify({ bcrypt_log_rounds: 4 })

function start (file, args, onMessage) {
  const child = fork(file, args, {
    execArgv: [...process.execArgv, '--import', new URL('measured.js', import.meta.url).href],
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  child.once('exit', (code) => { if (code !== null && code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`) })
  let answered
  child.on('message', (message) => {
    if (message.usage !== undefined) answered(message.usage)
    else onMessage(message)
  })
  return {
    child,
    /** CPU time in microseconds, and requests, both so far. */
    usage: () => new Promise((resolve) => {
      answered = resolve
      child.send('usage')
    }),
    stop: () => { child.disconnect() }
  }
}

/** The `core` command, in a process of its own. */
export async function startCore (cli) {
  const { child, ...core } = start(cli, ['core', '--port', '0', '--config', FEW_ROUNDS], () => {})
  const connectionURI = await new Promise((resolve) => {
    child.stdout.once('data', (text) => { resolve(String(text).trim()) })
  })
  return { ...core, connectionURI }
}

/** A service: one of `servers/`. It tells each code that it sends. */
export async function startService (name, config) {
  let ready
  let sent
  const started = new Promise((resolve) => { ready = resolve })
  const { child, ...service } = start(path('server.js'), [name, JSON.stringify(config)], (message) => {
    if (message.port !== undefined) ready(message.port)
    else sent(message.code)
  })
  child.stdout.pipe(process.stderr)
  return {
    ...service,
    port: await started,
    /** The next code. */
    code: () => new Promise((resolve) => { sent = resolve })
  }
}
