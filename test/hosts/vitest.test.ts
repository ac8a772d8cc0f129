import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { pathTo } from '../root.js'

const run = promisify(execFile)

interface Results {
  testResults: Array<{ name: string, assertionResults: Array<{ title: string, status: string, failureMessages: string[] }> }>
}

t.test('Vitest runs each attack of the attack suite as a test', async (t) => {
  const { NODE_OPTIONS, ...env } = process.env
  const stdout = await run(process.execPath, [pathTo('test/hosts/node_modules/vitest/vitest.mjs'), 'run', '--root', pathTo('test/hosts/vitest'), '--reporter=json'], { env, maxBuffer: 2 ** 24 })
    .then(() => 'no test fails', (err: Error & { stdout: string }) => err.stdout)
  const { testResults } = JSON.parse(stdout) as Results
  const of = (file: string) => testResults.find(({ name }) => name.endsWith(file))!.assertionResults
  const careful = of('careful.spec.js')
  t.ok(careful.length > 25)
  t.strictSame(careful.filter(({ status }) => status !== 'passed'), [])
  const [failure, ...others] = of('careless.spec.js').filter(({ status }) => status !== 'passed')
  t.match(failure, { title: /^no-session: /, status: 'failed', failureMessages: [/open {2}GET \/forgotten: a stranger \(cookie session\) came in: 200/] })
  t.strictSame(others, [])
})
