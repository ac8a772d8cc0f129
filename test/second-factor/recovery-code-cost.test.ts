import { execFileSync } from 'node:child_process'
import { scryptSync } from 'node:crypto'
import t from 'tap'

// In a process of its own, since the tests' own processes hash recovery codes at next to no cost.
t.test('guessing a recovery code from its hash costs 8 MB of memory and 8192 rounds of scrypt', (t) => {
  const codes = new URL('../../src/second-factor/factors/recovery-codes/codes.js', import.meta.url).href
  const script = `import { hashOf } from '${codes}'; console.log((await hashOf('0123456789abcde', Buffer.from('salt'))).toString('hex'))`
  const hash = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8', env: {} })
  t.equal(hash.trim(), scryptSync('0123456789abcde', 'salt', 32, { N: 2 ** 13, r: 8, p: 1 }).toString('hex'))
  t.end()
})
