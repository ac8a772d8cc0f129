import t from 'tap'
import { runIn, startIn } from './process.js'

t.test('examples/multi-tenant starts, and its own tests pass', async (t) => {
  const [{ address }, { code, output }] = await Promise.all([
    startIn(t, 'multi-tenant', ['../../scripts/example.js', 'multi-tenant']),
    runIn('multi-tenant', ['npm', 'test'])
  ])
  t.equal(code, 0, code === 0 ? 'its own tests' : output)
  t.match(output, /^# pass [1-9]/m)
  for (const path of ['/tenants/acme/notes', '/tenants/globex/notes', '/tenants/nowhere/notes', '/']) t.equal((await fetch(address + path)).status, 401, path)
  t.match(await (await fetch(`${address}/auth/acme/signup/email/exists?email=a@example.com`)).json(), { status: 'OK' })
})
