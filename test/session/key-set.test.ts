import { generateKeyPairSync } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { createKeySet } from '../../src/session/key-set.js'
import { STALE_MS } from '../../src/session/key-store.js'

const MINUTE = 60_000
const TOKEN = { payload: '', signature: '' }

function newJwk (kid: string) {
  return { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }
}

const OLD = newJwk('old')
const NEW = newJwk('new')

function build (first: JSONWebKeySet | Error = { keys: [OLD] as never }) {
  let answer: JSONWebKeySet | Error | Promise<JSONWebKeySet> = first
  let now = 1e12
  let asked = 0
  const keySet = createKeySet({
    now: () => now,
    async load () {
      asked++
      if (answer instanceof Error) throw answer
      return await answer
    }
  })
  return {
    learn: (kid: string) => keySet.learn(`header of ${kid}`, { alg: 'RS256', kid }),
    known: (kid: string) => keySet.known(`header of ${kid}`) !== undefined,
    failures: () => keySet.failures,
    find: (kid: string) => keySet.keyFor({ alg: 'RS256', kid }, TOKEN).then(() => kid, (err: Error & { code?: string }) => err.code ?? err.message),
    publish (keys: object[]) { answer = { keys: keys as never } },
    answerWith (other: Error | Promise<JSONWebKeySet>) { answer = other },
    pass (milliseconds: number) { now += milliseconds },
    asked: () => asked
  }
}

const settled = () => new Promise((resolve) => { setImmediate(resolve) })

t.test('is asked for once, by however many tokens', async (t) => {
  const keys = build()
  t.strictSame(await Promise.all(Array.from({ length: 50 }, () => keys.find('old'))), Array(50).fill('old'))
  t.equal(keys.asked(), 1)
})

t.test('is asked for anew after five minutes, and nobody waits for it', async (t) => {
  const keys = build()
  await keys.find('old')
  keys.pass(5 * MINUTE - 1)
  await keys.find('old')
  t.equal(keys.asked(), 1)
  keys.pass(1)
  keys.answerWith(new Promise(() => {}))
  t.equal(await keys.find('old'), 'old')
  t.equal(keys.asked(), 2)
})

t.test('a key that was taken away opens nothing ten minutes later, while a Core answers', async (t) => {
  const keys = build()
  await keys.find('old')
  keys.publish([NEW])
  keys.pass(10 * MINUTE)
  t.equal(await keys.find('old'), 'ERR_JWKS_NO_MATCHING_KEY')
  t.equal(await keys.find('new'), 'new')
})

t.test('a key that was taken away opens nothing after five minutes and one more token', async (t) => {
  const keys = build()
  await keys.find('old')
  keys.publish([NEW])
  keys.pass(5 * MINUTE)
  await keys.find('old')
  await settled()
  t.equal(await keys.find('old'), 'ERR_JWKS_NO_MATCHING_KEY')
})

t.test('stays while no Core answers, for four hours', async (t) => {
  const keys = build()
  await keys.find('old')
  keys.answerWith(new Error('away'))
  for (let passed = 0; passed < STALE_MS - MINUTE; passed += MINUTE) {
    keys.pass(MINUTE)
    t.equal(await keys.find('old'), 'old')
  }
  t.equal(keys.failures(), 0)
  keys.pass(MINUTE)
  t.equal(await keys.find('old'), 'away')
  t.equal(keys.failures(), 1)
  keys.publish([OLD])
  t.equal(await keys.find('old'), 'old', 'and is there again by itself')
})

t.test('a new key is found at once', async (t) => {
  const keys = build()
  await keys.find('old')
  keys.publish([OLD, NEW])
  keys.pass(500)
  t.equal(await keys.find('new'), 'new')
  t.equal(keys.asked(), 2)
})

t.test('attack: tokens with made-up key ids make one question in half a second', async (t) => {
  const keys = build()
  await keys.find('old')
  for (let i = 0; i < 100; i++) {
    keys.pass(10)
    t.equal(await keys.find(`made-up-${i}`), 'ERR_JWKS_NO_MATCHING_KEY')
  }
  t.ok(keys.asked() <= 3)
})

t.test('attack: made-up key ids while the Core is away neither empty the set nor become a flood', async (t) => {
  const keys = build()
  await keys.find('old')
  keys.answerWith(new Error('away'))
  for (let i = 0; i < 100; i++) {
    keys.pass(10)
    t.not(await keys.find(`made-up-${i}`), `made-up-${i}`)
  }
  t.ok(keys.asked() <= 3)
  t.equal(await keys.find('old'), 'old')
})

t.test('without any keys the failure is the Core\'s', async (t) => {
  const keys = build(new Error('away'))
  t.equal(await keys.find('old'), 'away')
  t.equal(keys.failures(), 1)
})

t.test('a clock that is set back hides no new key', async (t) => {
  for (const back of [MINUTE, 366 * 24 * 60 * MINUTE]) {
    const keys = build()
    await keys.find('old')
    keys.publish([OLD, NEW])
    keys.pass(-back)
    t.equal(await keys.find('new'), 'new')
  }
})

t.test('a clock that is set back loses no keys', async (t) => {
  const keys = build()
  await keys.find('old')
  keys.answerWith(new Error('away'))
  keys.pass(-MINUTE)
  t.equal(await keys.find('old'), 'old')
})

t.test('the key of a header that was learnt is there at once, for five minutes', async (t) => {
  const keys = build()
  await keys.learn('old')
  t.equal(keys.known('old'), false, 'without any keys there is nothing to learn')
  await keys.find('old')
  t.equal(keys.known('old'), false, 'a header that was only looked up may be made up')
  await keys.learn('old')
  await keys.learn('old')
  t.equal(keys.known('old'), true)
  t.equal(keys.known('new'), false)
  keys.pass(5 * MINUTE - 1)
  t.equal(keys.known('old'), true)
  keys.pass(1)
  t.equal(keys.known('old'), false, 'then the keys are loaded again first')
})

t.test('attack: a key that was taken away is known by no header once the keys were loaded again', async (t) => {
  const keys = build()
  await keys.find('old')
  await keys.learn('old')
  keys.publish([NEW])
  keys.pass(500)
  await keys.find('new')
  t.equal(keys.known('old'), false)
  await keys.learn('old')
  t.equal(keys.known('old'), false)
  t.equal(keys.asked(), 2, 'learning asks nobody')
})

t.test('no key but an RSA key is learnt', async (t) => {
  const curve = { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }), kid: 'curve', alg: 'ES256', use: 'sig' }
  const keySet = createKeySet({ load: async () => ({ keys: [curve] as never }) })
  await keySet.keyFor({ alg: 'ES256', kid: 'curve' }, TOKEN)
  await keySet.learn('header', { alg: 'ES256', kid: 'curve' })
  t.equal(keySet.known('header'), undefined)
})
