import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { pathTo } from '../root.js'

interface Compose {
  services: Record<string, { mem_limit?: string, pids_limit?: number, healthcheck?: object, read_only?: boolean, ports?: unknown[], environment?: Record<string, string | null> }>
}

// Elsewhere, since Compose would read the .env of whoever runs this.
const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-compose-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })
cpSync(pathTo('compose.yaml'), join(folder, 'compose.yaml'))

/** What Compose makes of the file, or why it does not take it. */
function compose (env: Record<string, string>): string {
  return execFileSync('docker-compose', ['config'], { cwd: folder, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

t.test('Compose takes the file, and asks for what it needs', async (t) => {
  const { services } = parse(compose({ POSTGRES_PASSWORD: 'p', SUPERTOKENS_API_KEY: 'k'.repeat(20) })) as Compose
  t.strictSame(Object.keys(services).sort(), ['core', 'postgres', 'redis', 'service'])
  for (const [name, { mem_limit: memory, pids_limit: processes }] of Object.entries(services)) t.ok(memory !== undefined && processes !== undefined, `${name} has limits`)
  t.throws(() => compose({ SUPERTOKENS_API_KEY: 'k'.repeat(20) }), /POSTGRES_PASSWORD/)
  t.throws(() => compose({ POSTGRES_PASSWORD: 'p' }), /SUPERTOKENS_API_KEY/)
})
