import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint, createLocalJWKSet, decodeJwt, jwtVerify, type JWK } from 'jose'
import t from 'tap'
import { generateKey, rotate } from '../../src/signing-keys/generate.js'
import { signingKeysProblem } from '../../src/signing-keys/keys.js'
import { createSigner } from '../../src/signing-keys/signer.js'
import type { PrivateJwk, PrivateJwkSet } from '../../src/signing-keys/options.js'

const issuer = 'https://auth.example.com/auth'
const NOW = 1_700_000_000_000
const terms = { typ: 'note+jwt', audience: 'https://shop.example.com', ttl: 60 }

const signer = (keys?: PrivateJwkSet) => createSigner({ issuer, keys, now: () => NOW })
const verified = async (token: string, jwks: object) => await jwtVerify(token, createLocalJWKSet(jwks as { keys: JWK[] }), { currentDate: new Date(NOW), issuer, typ: 'note+jwt', audience: terms.audience })

for (const alg of ['ES256', 'EdDSA'] as const) {
  t.test(`a JWT signed with ${alg} verifies with the published keys`, async (t) => {
    const { sign, jwks } = signer({ keys: [generateKey(alg)] })
    const { payload, protectedHeader } = await verified(await sign({ sub: 'u1' }, terms), jwks)
    t.same(payload, { sub: 'u1', iss: issuer, aud: terms.audience, iat: NOW / 1000, exp: NOW / 1000 + 60 })
    t.match(protectedHeader, { alg, typ: 'note+jwt', kid: jwks.keys[0]!.kid })
  })
}

t.test('callers override neither the issuer, nor the audience, nor the times', async (t) => {
  const { sign } = signer()
  const claims = { sub: 'u1', iss: 'https://evil.example', aud: 'all', exp: 9_999_999_999, iat: 1, nbf: 1 }
  t.same(decodeJwt(await sign(claims as never, terms)), { sub: 'u1', iss: issuer, aud: terms.audience, iat: NOW / 1000, exp: NOW / 1000 + 60 })
  t.notHas(decodeJwt(await sign(claims as never, { ...terms, ttl: 'never' })), { exp: 9_999_999_999 })
  t.notOk('exp' in decodeJwt(await sign({}, { ...terms, ttl: 'never' })))
})

t.test('what is published holds no private part', (t) => {
  const { jwks } = signer({ keys: [generateKey('ES256'), generateKey('EdDSA')] })
  t.same(jwks.keys.map((key) => Object.keys(key).sort()), [['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'], ['alg', 'crv', 'kid', 'kty', 'use', 'x']])
  t.end()
})

t.test('a key without an id has its thumbprint as id', async (t) => {
  for (const alg of ['ES256', 'EdDSA'] as const) {
    const { kid: _kid, ...jwk } = generateKey(alg)
    t.equal(signer({ keys: [jwk] }).jwks.keys[0]!.kid, await calculateJwkThumbprint(jwk as JWK))
  }
})

t.test('without keys, each signer makes its own', async (t) => {
  const [one, other] = [signer(), signer()]
  t.ok(one.isTemporary)
  t.notOk(signer({ keys: [generateKey()] }).isTemporary)
  await t.rejects(verified(await one.sign({}, terms), other.jwks), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
})

t.test('a rotation leaves no moment in which a verifier lacks the key', async (t) => {
  const first = { keys: [generateKey()] }
  const second = rotate(first, 'publish')
  const third = rotate(second, 'sign')
  const fourth = rotate(third, 'drop')
  const sets = [first, second, third, fourth].map(signer)
  for (const [i, { sign }] of sets.entries()) {
    const token = await sign({}, terms)
    // A verifier may hold the set of the step before, and meet replicas of the step after.
    for (const { jwks } of sets.slice(Math.max(0, i - 1), i + 2)) await t.resolves(verified(token, jwks))
  }
  t.equal(fourth.keys[0], second.keys[1])
  await t.rejects(verified(await sets[0]!.sign({}, terms), sets[3]!.jwks), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
})

t.test('keys that cannot be used stop the boot, and are not quoted', (t) => {
  const key = generateKey()
  const [other, ed] = [generateKey(), generateKey('EdDSA')]
  const { d: _d, ...publicOnly } = key
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' })
  const wrong: Array<[unknown, RegExp]> = [
    [[], /at least one key/],
    ['text', /at least one key/],
    [Array.from({ length: 11 }, () => key), /at most 10/],
    [[publicOnly], /key 1 has no private part/],
    [[key, rsa], /key 2 must be an EC key on P-256, or an OKP key on Ed25519/],
    [[generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' })], /P-256/],
    [[{ ...key, x: '' }], /not complete/],
    [[{ ...key, alg: 'RS256' }], /alg that does not fit/],
    [[{ ...key, use: 'enc' }], /use must be sig/],
    [[{ ...key, kid: 'a b' }], /kid/],
    [[key, key], /same kid/],
    [[{ ...key, d: other.d }], /another public one/],
    [[{ ...ed, x: generateKey('EdDSA').x }], /another public one|cannot be read/],
    [[{ ...key, x: ed.x, y: ed.x }], /cannot be read/]
  ]
  for (const [keys, message] of wrong) {
    const problem = signingKeysProblem({ keys: keys as PrivateJwk[] })
    t.match(problem, message)
    for (const { d } of [key, other, ed]) t.notMatch(problem, d)
    t.throws(() => signer({ keys: keys as PrivateJwk[] }), { code: 'AUTH_OPTIONS_INVALID', message })
  }
  t.equal(signingKeysProblem({ keys: [key, other, ed] }), undefined)
  t.equal(signingKeysProblem(undefined), undefined)
  t.end()
})
