import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { pathTo } from '../../root.js'

const run = promisify(execFile)

/** Runs the fixture with Node alone, and returns what it prints. */
async function fixture (...args: string[]): Promise<{ failed: boolean, output: string }> {
  const { NODE_OPTIONS, ...env } = process.env
  return await run(process.execPath, ['--test-reporter=tap', pathTo('dist/test/testing/attack-suite/fixtures/node-test.js'), ...args], { env })
    .then(({ stdout }) => ({ failed: false, output: stdout }), (err: Error & { stdout: string }) => ({ failed: true, output: err.stdout }))
}

for (const way of ['top', 'context']) {
  t.test(`node:test runs each attack as a test, given ${way === 'top' ? 'its test function' : 'the context of a test'}`, async (t) => {
    const careful = await fixture(way)
    t.notOk(careful.failed, careful.output)
    const names = [...careful.output.matchAll(/^ *ok \d+ - ([a-z-]+): /gm)].map(([, name]) => name)
    t.strictSame(names, ['every-route-is-reached', 'no-session'], 'but not those that the app has nothing for')
    const careless = await fixture(way, 'careless')
    t.ok(careless.failed)
    t.match(careless.output, /not ok \d+ - no-session: [^]*open {2}GET \/forgotten: a stranger \(cookie session\) came in: 200/)
    t.match(careless.output, /^ *ok \d+ - every-route-is-reached/m)
  })
}
