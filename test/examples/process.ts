import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { pathTo } from '../root.js'

/** What tests preload, and what tap tells its own processes, is not for examples. */
export function environment (more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !/^_?TAP/.test(name))
  return { ...Object.fromEntries(own), ...more }
}

/** Runs a program in the folder of an example. Resolves with all that it says and its exit code. */
export async function runIn (example: string, [program, ...args]: [string, ...string[]], env: Record<string, string> = {}): Promise<{ code: number, output: string }> {
  return await promisify(execFile)(program, args, { cwd: pathTo(`examples/${example}`), env: environment(env), maxBuffer: 2 ** 24 }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (err: Error & { code: number, stdout: string, stderr: string }) => ({ code: err.code, output: err.stdout + err.stderr })
  )
}

/** Starts a server in the folder of an example. Resolves with the address that it says, and what ends it with its exit code. */
export async function startIn (t: Test, example: string, args: string[], env: Record<string, string> = {}): Promise<{ address: string, stop (): Promise<number | null> }> {
  const child = spawn(process.execPath, args, { cwd: pathTo(`examples/${example}`), env: environment({ ...env, PORT: '0' }), stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit') as Promise<[number | null]>
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill()
    return (await exit)[0]
  }
  t.teardown(stop)
  const lines = createInterface(child.stdout)
  const address = await new Promise<string>((resolve, reject) => {
    // Read on, or a full pipe would stop it.
    lines.on('line', (line) => {
      const found = /(?:^|listening at )(http:\/\/(?:localhost|127\.0\.0\.1):\d+)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
    lines.on('close', () => { reject(new Error(`examples/${example} ended before it listened`)) })
  })
  return { address, stop }
}
