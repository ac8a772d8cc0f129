import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { withSecretFiles } from '../../src/config/secret-files.js'
import { pathTo } from '../root.js'

interface Compose {
  services: Record<string, { mem_limit?: string, pids_limit?: number, healthcheck?: object, read_only?: boolean, ports?: unknown[], environment?: Record<string, string | null>, secrets?: Array<{ source: string }> }>
  secrets?: Record<string, { file: string }>
}

// Elsewhere, since Compose would read the .env of whoever runs this.
const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-compose-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })
const text = readFileSync(pathTo('compose.yaml'), 'utf8')

/** What Compose makes of the file, or why it does not take it. */
function compose (env: Record<string, string>, yaml = text): string {
  writeFileSync(join(folder, 'compose.yaml'), yaml)
  return execFileSync('docker-compose', ['config'], { cwd: folder, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

t.test('Compose takes the file, and asks for what it needs', async (t) => {
  const { services } = parse(compose({ POSTGRES_PASSWORD: 'p', SUPERTOKENS_API_KEY: 'k'.repeat(20) })) as Compose
  t.strictSame(Object.keys(services).sort(), ['core', 'postgres', 'redis', 'service'])
  for (const [name, { mem_limit: memory, pids_limit: processes }] of Object.entries(services)) t.ok(memory !== undefined && processes !== undefined, `${name} has limits`)
  t.throws(() => compose({ SUPERTOKENS_API_KEY: 'k'.repeat(20) }), /POSTGRES_PASSWORD/)
  t.throws(() => compose({ POSTGRES_PASSWORD: 'p' }), /SUPERTOKENS_API_KEY/)
})

t.test('Compose takes the secrets as files once they are uncommented, and the service finds each where it looks', async (t) => {
  const uncommented = text.replaceAll(/^( *)# (\w+_FILE: \/|secrets:| {2}[\w-]+: \{ file: )/gm, '$1$2')
  const { services: { service }, secrets = {} } = parse(compose({ POSTGRES_PASSWORD: 'p', SUPERTOKENS_API_KEY: 'k'.repeat(20) }, uncommented)) as Compose
  const given = Object.entries(service!.environment!).filter((pair): pair is [string, string] => pair[0].endsWith('_FILE') && pair[1]?.startsWith('/run/secrets/') === true)
  t.strictSame(given.map(([, path]) => path.slice('/run/secrets/'.length)).sort(), service!.secrets!.map(({ source }) => source).sort())
  t.strictSame(Object.keys(secrets).sort(), service!.secrets!.map(({ source }) => source).sort())
  t.equal(given.length, 5)
  mkdirSync(join(folder, 'secrets'))
  for (const [name, { file }] of Object.entries(secrets)) {
    t.equal(file, join(folder, 'secrets', name))
    writeFileSync(file, `of ${name}\n`)
  }
  const read = withSecretFiles(Object.fromEntries(given.map(([variable, path]) => [variable, path.replace('/run/', `${folder}/`)])))
  for (const [variable, path] of given) t.equal(read[variable.slice(0, -'_FILE'.length)], `of ${path.slice('/run/secrets/'.length)}`, variable)
})
