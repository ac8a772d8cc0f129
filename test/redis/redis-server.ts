import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface RedisServer {
  /** By SIGKILL, as a machine that is gone. */
  kill (): Promise<void>
  /** Connected, and silent until `resume`: a machine that is stuck. */
  hang (): void
  resume (): void
}

/** A real redis-server. There is no way round it: what a stand-in would show says nothing about Redis. */
export async function startRedis (port: number, ...options: string[]): Promise<RedisServer> {
  const child: ChildProcess = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.on('error', (err) => { throw new Error('redis-server cannot be started; install it, on Debian by: apt-get install redis-server', { cause: err }) })
  await new Promise<void>((resolve, reject) => {
    let text = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('Ready to accept connections')) resolve()
    })
    child.once('exit', () => { reject(new Error(`redis-server has ended: ${text}`)) })
  })
  return {
    hang: () => { child.kill('SIGSTOP') },
    resume: () => { child.kill('SIGCONT') },
    async kill () {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}
