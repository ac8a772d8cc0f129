import { spawnSync } from 'node:child_process'
import t from 'tap'
import { pathTo } from '../root.js'

const failuresIn = (log: string): string =>
  spawnSync(process.execPath, [pathTo('scripts/failures.js')], { input: log, encoding: 'utf8' }).stdout

const LOG = `
> fastify-2fa@0.1.0 test
TAP version 14
# Subtest: dist/test/processes/units.js
    # Subtest: a number is read
        ok 1 - should be equal
        not ok 2 - digits only
          ---
          at:
            fileName: test/phone/number.test.ts
            lineNumber: 12
          diff: |
            --- expected
            +++ actual
            @@ -1,1 +1,1 @@
            -+12125550123
            +undefined
          ...
        not ok 3 - later # TODO
        1..3
    not ok 1 - a number is read # time=5ms
      ---
      at:
        fileName: test/phone/number.test.ts
        lineNumber: 9
      ...
    1..1
not ok 1 - dist/test/processes/units.js # time=9ms
Error: nobody caught this
    at Immediate.<anonymous> (test/cli.test.ts:2:54)
not ok 2 - dist/test/cli.test.js # time=7ms
  ---
  exitCode: 3
  signal: null
  ...
ok 3 - dist/test/server.test.js
1..3
# { total: 5, pass: 2, fail: 2, todo: 1 }
`

t.test('each failure is listed once, with its file, its subtests and what was compared', async (t) => {
  t.strictSame(failuresIn(LOG).trimEnd().split('\n'), [
    'not ok dist/test/processes/units.js > a number is read > digits only (test/phone/number.test.ts:12)',
    '    -+12125550123',
    '    +undefined',
    'Error: nobody caught this',
    'not ok dist/test/cli.test.js (exit code 3)'
  ])
})

t.test('nothing is listed where nothing failed', async (t) => {
  t.equal(failuresIn('TAP version 14\nok 1 - a\n1..1\n'), '')
  t.equal(failuresIn('npm error code E404\n'), '')
})

t.test('a log that breaks off is listed as far as it goes', async (t) => {
  t.match(failuresIn(LOG.slice(0, LOG.indexOf('        not ok 3'))), /^not ok .*digits only/)
})

t.test('a hundred lines are enough', async (t) => {
  const lines = failuresIn(Array.from({ length: 300 }, (_, index) => `not ok ${index + 1} - number ${index + 1}\n`).join('')).trimEnd().split('\n')
  t.equal(lines.length, 101)
  t.equal(lines.at(-1), 'and 200 more lines')
})
