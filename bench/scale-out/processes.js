import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const children = new Set()
process.on('exit', () => { for (const child of children) child.kill('SIGKILL') })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

function kept (child) {
  children.add(child)
  const exit = once(child, 'exit').finally(() => children.delete(child))
  return async function kill () {
    child.kill('SIGKILL')
    await exit
  }
}

/** Starts a part; resolves with what it says first, its CPU seconds so far, and how to kill it (SIGKILL). */
export async function launch (entry, options) {
  const child = fork(new URL(entry, import.meta.url), [JSON.stringify(options)])
  const kill = kept(child)
  const [said] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => { throw new Error(`${entry} has ended: ${code}`) })])
  return {
    said,
    kill,
    async cpu () {
      const answer = once(child, 'message')
      child.send('cpu')
      const [{ user, system }] = await answer
      return (user + system) / 1e6
    }
  }
}

export async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A Redis that keeps nothing on disk, as `compose.yaml` has it. */
export async function startRedis (port) {
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.once('error', () => { throw new Error('redis-server is needed (Debian: apt-get install redis-server)') })
  const kill = kept(child)
  let text = ''
  child.stdout.on('data', (part) => { text += part })
  while (!/Ready to accept connections/.test(text)) await sleep(20)
  return { kill, cpu: async () => await cpuOfRedis(port) }
}

/** CPU seconds of a Redis so far, as it says itself. */
async function cpuOfRedis (port) {
  const socket = connect(port, '127.0.0.1').end('INFO cpu\r\nQUIT\r\n').setEncoding('utf8')
  let text = ''
  for await (const part of socket) text += part
  return [...text.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)].reduce((sum, [, seconds]) => sum + Number(seconds), 0)
}
