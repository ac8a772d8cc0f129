import t from 'tap'
import { createFactorKeys } from '../../../src/second-factor/factor-keys.js'
import { createHandles } from '../../../src/second-factor/factors/passkey/handles.js'
import { createOpenChallenges } from '../../../src/second-factor/factors/passkey/open-challenges.js'

const OLD = 'o'.repeat(32)
const NEW = 'n'.repeat(32)

t.test('challenges outlive a new key as long as the old one is named, and no longer', async (t) => {
  const before = createOpenChallenges(createFactorKeys([OLD]), 300)
  const challenge = before.make()
  t.match(challenge, /^[\w-]{72}$/)
  t.equal(before.idOf(challenge), createOpenChallenges(createFactorKeys([NEW, OLD]), 300).idOf(challenge))
  t.type(before.idOf(challenge), 'string')
  t.equal(createOpenChallenges(createFactorKeys([NEW]), 300).idOf(challenge), undefined)
  t.equal(createOpenChallenges(createFactorKeys([]), 300).idOf(challenge), undefined)
  t.not(before.idOf(before.make()), before.idOf(challenge))
})

t.test('not one changed bit of a challenge counts', async (t) => {
  const challenges = createOpenChallenges(createFactorKeys([OLD]), 300)
  const bytes = Buffer.from(challenges.make(), 'base64url')
  const counted = Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const changed = Buffer.from(bytes)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    return challenges.idOf(changed.toString('base64url'))
  })
  t.same(counted.filter((id) => id !== undefined), [])
})

t.test('what is sealed for another purpose is no handle', async (t) => {
  const keys = createFactorKeys([OLD])
  const handles = createHandles(keys)
  const id = Buffer.alloc(16, 1)
  const inside = { userId: '', enrolment: 'fastify-2fa:passkey-handle' }
  t.equal(handles.userIdIn(keys.seal(id, inside)), '01010101-0101-0101-0101-010101010101')
  t.equal(handles.userIdIn(keys.seal(id, { userId: 'alice', enrolment: 'fastify-2fa:totp:1' })), undefined)
  t.equal(handles.userIdIn(keys.seal(id.subarray(1), inside)), undefined, 'nor what is no id')
  t.equal(createHandles(createFactorKeys([NEW])).userIdIn(keys.seal(id, inside)), undefined)
  t.equal(createHandles(createFactorKeys([NEW, OLD])).userIdIn(keys.seal(id, inside)), '01010101-0101-0101-0101-010101010101')
  t.equal(createHandles(undefined).userIdIn(keys.seal(id, inside)), undefined)
})
