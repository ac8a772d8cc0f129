import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { pathTo } from '../root.js'

/** Writes the README's app as printed, but for its port, which is any free one, and says where it listens. */
export async function writeShop (directory: string): Promise<void> {
  const readme = await readFile(pathTo('README.md'), 'utf8')
  const [, code] = /<!-- larger-app:.*?-->\s*```js\n([\s\S]*?)```/.exec(readme) ?? []
  await writeFile(join(directory, 'shop.js'), code!.replace('port: 3000', 'port: 0').replace('listen({', 'listen({ listenTextResolver: (address) => address, '))
}

/** Runs the README's app in a directory: nobody gets in without a session, nor with the first factor alone. */
export async function visitShop (t: Test, directory: string, file = 'shop.js'): Promise<void> {
  const child = spawn('node', [file], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    if (child.exitCode === null) { child.kill(); await once(child, 'exit') }
  })
  let address = ''
  for await (const line of createInterface(child.stdout)) {
    const { msg } = JSON.parse(line) as { msg: string }
    if (msg.startsWith('http://127.0.0.1') || msg.startsWith('http://[::1]')) { address = msg; break }
  }
  const orders = await fetch(`${address}/orders`)
  t.equal(orders.status, 401)
  t.same(await orders.json(), { message: 'unauthorised' })
  const signUp = await fetch(`${address}/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'st-auth-mode': 'header' },
    body: JSON.stringify({ formFields: [{ id: 'email', value: 'alice@example.com' }, { id: 'password', value: 'correct horse 1' }] })
  })
  const token = signUp.headers.get('st-access-token')
  t.equal((await fetch(`${address}/orders`, { headers: { authorization: `Bearer ${token}` } })).status, 403)
}
