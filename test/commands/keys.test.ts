import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run } from '../../src/commands/run.js'
import type { PrivateJwkSet } from '../../src/signing-keys/options.js'

async function keys (words: string[], env: Record<string, string> = {}, cwd = '/nonexistent') {
  let out = ''
  let err = ''
  const code = await run(['keys', ...words], { env, cwd, out: (text) => { out += text }, err: (text) => { err += text } })
  return { code, out, err, kids: code === 0 ? (JSON.parse(out) as PrivateJwkSet).keys.map(({ kid }) => kid) : [] }
}

t.test('keys new prints a set that .env can hold', async (t) => {
  const cwd = t.testdir()
  const { out, kids: [first] } = await keys(['new', '--alg', 'EdDSA'])
  t.match(JSON.parse(out), { keys: [{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', d: String }] })
  writeFileSync(join(cwd, '.env'), `SIGNING_KEYS=${out}`)
  const { kids } = await keys(['rotate'], {}, cwd)
  t.equal(kids[0], first)
  t.equal(kids.length, 2)
  t.match(readFileSync(join(cwd, '.env'), 'utf8'), first!, 'the file is left as it is')
})

t.test('keys rotate goes a step at a time', async (t) => {
  const made = await keys(['new'])
  const published = await keys(['rotate'], { SIGNING_KEYS: made.out })
  const signing = await keys(['rotate', '--step', 'sign'], { SIGNING_KEYS: published.out })
  const dropped = await keys(['rotate', '--step', 'drop'], { SIGNING_KEYS: signing.out })
  const [old, fresh] = published.kids
  t.same([made.kids, published.kids, signing.kids, dropped.kids], [[old], [old, fresh], [fresh, old], [fresh]])
  t.match(published.err, /--step sign/)
  t.match(signing.err, /--step drop/)
})

t.test('keys refuses what it cannot do, and quotes no key', async (t) => {
  const { out } = await keys(['new'])
  const { keys: [key] } = JSON.parse(out) as PrivateJwkSet
  t.match(await keys(['rotate']), { code: 1, err: /no keys to rotate/ })
  t.match(await keys(['rotate', '--step', 'sign'], { SIGNING_KEYS: out }), { code: 1, err: /only one key/ })
  t.match(await keys(['rotate', '--step', 'sing'], { SIGNING_KEYS: out }), { code: 2, err: /Did you mean/ })
  t.match(await keys(['new', '--alg', 'RS256']), { code: 2, err: /ES256/ })
  t.match(await keys(['nwe']), { code: 2, err: /Did you mean "?new/ })
  t.match(await keys([]), { code: 2 })
  const broken = await keys(['rotate'], { SIGNING_KEYS: JSON.stringify({ keys: [{ ...key, alg: 'RS256' }] }) })
  t.match(broken, { code: 1, err: /key 1 has an alg that does not fit/ })
  t.notMatch(broken.err, key!.d)
})
