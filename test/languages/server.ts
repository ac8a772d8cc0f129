import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { pathTo } from '../root.js'

/** A program of an example, without the network. */
export interface Program {
  command: string
  args: string[]
  cwd: string
}

// Debian's packages are for its own Python, which need not be the first in the path.
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

export const python = (...args: string[]): Program => ({ command: PYTHON, args, cwd: pathTo('examples/python') })
export const go = (...args: string[]): Program => ({ command: 'go', args, cwd: pathTo('examples/go') })

const ENV = { ...process.env, GOPROXY: 'off', GOTOOLCHAIN: 'local', PYTHONDONTWRITEBYTECODE: '1' }

/** Runs a program to its end, and returns what it printed. Fails if it fails. */
export function run (t: Test, { command, args, cwd }: Program): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env: ENV, encoding: 'utf8' })
  t.equal(status, 0, `${command} ${args.join(' ')}: ${error?.message ?? ''}\n${stdout}${stderr}`)
  return stdout
}

/** Starts a server that prints its origin, and ends it with the test. */
export async function start (t: Test, { command, args, cwd }: Program, env: Record<string, string>): Promise<string> {
  const child = spawn(command, args, { cwd, env: { ...ENV, ...env, LISTEN: '127.0.0.1:0' }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit')
  })
  const ended = once(child, 'exit').then(() => { throw new Error(`${command} ended before it was ready`) })
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]) as [string]
  ended.catch(() => {})
  return line
}
