import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createTokenTable } from '../../src/session/token-table.js'
import { VerifiedToken } from '../../src/session/verified-token.js'

const entry = (token: string) => new VerifiedToken(token, 'handle', 0, undefined, true, 0, {}, {} as never)

t.test('every token is found again, and no other', async (t) => {
  const table = createTokenTable()
  const tokens = Array.from({ length: 2000 }, () => `a.b.${randomBytes(256).toString('base64url')}`)
  t.equal(table.find(tokens[0]!), undefined)
  const [known, unknown] = [tokens.slice(0, 1000), tokens.slice(1000)]
  for (const token of known) table.add(entry(token))
  t.equal(table.size, 1000)
  t.same(known.filter((token) => table.find(token)?.token !== token), [])
  t.same(unknown.filter((token) => table.find(token) !== undefined), [])
})

t.test('attack: a token with the end of another one\'s signature is not taken for it', async (t) => {
  const table = createTokenTable()
  const end = '.signature-of-the-first'
  const same = Array.from({ length: 10 }, (_, i) => `header.payload-${i}${end}`)
  for (const token of same.slice(1)) table.add(entry(token))
  t.same(same.map((token) => table.find(token)?.token), [undefined, ...same.slice(1)])
})

t.test('a token is there once, with its latest entry', async (t) => {
  const table = createTokenTable()
  const [first, second] = [entry('a.b.signature'), entry('a.b.signature')]
  table.add(first)
  table.add(second)
  t.equal(table.size, 1)
  t.equal(table.find('a.b.signature'), second)
  table.clear()
  t.equal(table.size, 0)
  t.equal(table.find('a.b.signature'), undefined)
})

t.test('texts that are shorter than a signature are no trouble', async (t) => {
  const table = createTokenTable()
  for (const token of ['', 'a', 'ab']) {
    table.add(entry(token))
    t.equal(table.find(token)?.token, token)
  }
})
