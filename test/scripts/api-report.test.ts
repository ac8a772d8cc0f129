import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { pathTo } from '../root.js'

const run = promisify(execFile)

const reports = (folder: string): [string, string][] => readdirSync(folder).sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')])

t.test('the public interface is the one in api/: where it has changed on purpose, run npm run api', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-api-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  await run(process.execPath, [pathTo('scripts/api-report.js'), folder])
  const now = reports(folder)
  t.strictSame(now, reports(pathTo('api')))
  t.equal(now.length, 17 - 1, 'every entry with types but the one that passes on the SDK')
})
