import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { pathTo } from '../root.js'

/** Starts an example on a free port, as its README says. Resolves with its address. */
export async function startExample (t: Test, name: string, serviceUrl: string): Promise<string> {
  // What tests preload is not for them.
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, [pathTo('scripts/example.js'), name], { env: { ...env, SERVICE_URL: serviceUrl, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill()
    await once(child, 'exit')
  })
  for await (const line of createInterface(child.stdout)) {
    const [address] = /http:\/\/localhost:\d+/.exec(line) ?? []
    if (address !== undefined) return address
  }
  throw new Error(`examples/${name} ended before it listened`)
}
