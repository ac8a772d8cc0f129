import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { HashQueue } from '../../src/embedded-core/hash-queue.js'
import { buildServer } from '../../src/embedded-core/server.js'
import { openApps } from '../../src/embedded-core/tenants/apps.js'

/**
 * A Core of its own process, as far as a service can see: over HTTP. It lives as long as the test file.
 *
 * @returns its `connectionURI`
 */
export async function coreOverHttp (hashing: HashQueue): Promise<string> {
  const apps = openApps({ file: ':memory:', config: { bcrypt_log_rounds: 4 }, hashing, now: Date.now, onError: () => {} })
  const core = buildServer(apps, [], false)
  await core.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    await core.close()
    apps.close()
  })
  return `http://127.0.0.1:${(core.server.address() as AddressInfo).port}`
}
