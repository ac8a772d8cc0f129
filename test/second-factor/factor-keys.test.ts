import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createFactorKeys } from '../../src/second-factor/factor-keys.js'

const OLD = 'o'.repeat(32)
const NEW = 'n'.repeat(32)
const OWNER = { userId: 'alice', enrolment: 'fastify-2fa:totp:1' }
const secret = Buffer.from('twenty bytes of this')

t.test('what is sealed holds no plain secret, differs each time, and opens again', async (t) => {
  const keys = createFactorKeys([OLD])
  const [one, other] = [keys.seal(secret, OWNER), keys.seal(secret, OWNER)]
  t.not(one, other)
  t.match(one, /^[\w-]+$/)
  t.notOk(Buffer.from(one, 'base64url').includes(secret))
  for (const sealed of [one, other]) t.same(keys.open(sealed, OWNER), secret)
})

t.test('a secret that is copied to another user or enrolment does not open', async (t) => {
  const keys = createFactorKeys([OLD])
  const sealed = keys.seal(secret, OWNER)
  for (const owner of [{ ...OWNER, userId: 'mallory' }, { ...OWNER, enrolment: 'fastify-2fa:totp:2' }, { userId: 'alice","fastify-2fa:totp:1', enrolment: '' }]) {
    t.equal(keys.open(sealed, owner), undefined)
  }
})

t.test('not one changed bit opens, nor a part, nor anything else', async (t) => {
  const keys = createFactorKeys([OLD])
  const sealed = Buffer.from(keys.seal(secret, OWNER), 'base64url')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    t.equal(keys.open(changed.toString('base64url'), OWNER), undefined, `bit ${bit}`)
  }
  for (let length = 0; length < sealed.length; length++) t.equal(keys.open(sealed.subarray(0, length).toString('base64url'), OWNER), undefined)
  for (const text of ['', 'x', '{}', secret.toString('base64url'), '\u0000'.repeat(80)]) t.equal(keys.open(text, OWNER), undefined)
})

t.test('rotation: the first key seals, and all open', async (t) => {
  const before = createFactorKeys([OLD])
  const during = createFactorKeys([NEW, OLD])
  const after = createFactorKeys([NEW])
  const old = before.seal(secret, OWNER)
  const fresh = during.seal(secret, OWNER)
  t.same(during.open(old, OWNER), secret)
  t.same(after.open(fresh, OWNER), secret)
  t.equal(after.open(old, OWNER), undefined)
  t.equal(before.open(fresh, OWNER), undefined)
})

t.test('32 bytes are the same key in hex and in base64, and no key is the key of development', async (t) => {
  const bytes = randomBytes(32)
  const sealed = createFactorKeys([bytes.toString('hex')]).seal(secret, OWNER)
  for (const text of [bytes.toString('hex').toUpperCase(), bytes.toString('base64'), bytes.toString('base64url')]) {
    t.same(createFactorKeys([text]).open(sealed, OWNER), secret, text)
  }
  t.equal(createFactorKeys([]).open(sealed, OWNER), undefined)
  t.same(createFactorKeys([]).open(createFactorKeys([]).seal(secret, OWNER), OWNER), secret)
})
