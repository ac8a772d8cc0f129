import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { names, setting } from '../src/config/settings.js'
import { createServer } from '../src/server.js'
import { loadConfig } from '../src/config/load.js'
import { pathTo } from './root.js'

const run = promisify(execFile)
const readme = await readFile(pathTo('README.md'), 'utf8')

/** The code block that follows a marker. */
function block (marker: string): string {
  const [, code] = new RegExp(`<!-- ${marker}:.*?-->\\s*\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? []
  if (code === undefined) throw new Error(`README.md has no block "${marker}"`)
  return code
}

t.test('the walk-through works as printed', async (t) => {
  const app = createServer(loadConfig({ PORT: '0', LOG_LEVEL: 'silent', EMBEDDED_CORE_FILE: ':memory:' }))
  t.teardown(() => app.close())
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const script = block('walk-through').replace('http://localhost:3000', address)
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: t.testdir() })
  const [signUp, refused, consumed, info, ...rest] = stdout.trim().split('\n').map((line) => JSON.parse(line))
  t.match(signUp, { status: 'OK', user: { emails: ['alice@example.com'] } })
  t.match(refused, { message: 'invalid claim', claimValidationErrors: [{ id: '2fa-completed' }] })
  t.match(consumed, { status: 'OK' })
  t.match(info, { sessionHandle: String, accessTokenPayload: { '2fa-completed': { v: true }, phoneNumber: '+12125550123' } })
  t.same(rest, [])
})

t.test('the settings in the table exist, with these defaults', async (t) => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)]
  t.ok(rows.length > 5)
  for (const [, name = '', fallback] of rows) {
    const known = names.find((candidate) => candidate === name)
    t.ok(known, `${name} is a setting`)
    const { default: value, defaultInWords } = setting(known!)
    if (value !== undefined) t.equal(fallback, `\`${value}\``, name)
    else if (defaultInWords === undefined) t.match(fallback, /^(none|the embedded Core)$/, name)
  }
})

t.test('every page that is linked exists', async (t) => {
  for (const [, path = ''] of readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    await t.resolves(readFile(pathTo(path)), path)
  }
})
