import { createHash } from 'node:crypto'
import t from 'tap'
import type { Fastify2faOptions } from '../../src/options/options.js'
import { optionProblems } from '../../src/options/problems.js'

const [ONE, TWO] = [`0123456789${'x'.repeat(22)}`, `0123456789${'y'.repeat(22)}`]

const problems = (options: object): string[] => optionProblems(options as Fastify2faOptions)

t.test('service clients that cannot be told apart, or guessed too easily, stop the boot', async (t) => {
  t.strictSame(problems({ serviceClients: [{ id: 'orders', secrets: [ONE, TWO] }, { id: 'a.b_c-1', secrets: [`0123456789${'z'.repeat(502)}`] }], eventReaders: 1 }), [])
  const cases: [unknown, RegExp][] = [
    [{}, /must be a list/],
    [[null], /\[0\]\.id must be.*/],
    [[{ id: 'orders' }], /\[0\]\.secrets must be a list/],
    [[{ id: 'orders', secrets: [] }], /\[0\]\.secrets/],
    [[{ id: 'orders', secrets: ONE }], /\[0\]\.secrets/],
    [[{ id: 'orders', secrets: [ONE.slice(1)] }], /at least 32/],
    [[{ id: 'orders', secrets: ['changeme'.repeat(4)] }], /ten of them different/],
    [[{ id: 'orders', secrets: [`${ONE} `] }], /\[0\]\.secrets/],
    [[{ id: 'orders', secrets: Array.from({ length: 11 }, (_, i) => ONE + i) }], /1 to 10/],
    [[{ id: 'a:b', secrets: [ONE] }], /\[0\]\.id/],
    [[{ id: '', secrets: [ONE] }], /\[0\]\.id/],
    [[{ id: 'a', secrets: [ONE] }, { id: 'a', secrets: [TWO] }], /names a client twice/],
    [[{ id: 'a', secrets: [ONE] }, { id: 'b', secrets: [ONE] }], /has a secret twice/],
    [Array.from({ length: 1001 }, (_, i) => ({ id: `c${i}`, secrets: [ONE + i] })), /at most 1000/]
  ]
  for (const [serviceClients, expected] of cases) {
    const found = problems({ serviceClients }).join('; ')
    t.match(found, expected)
    t.notMatch(found, ONE)
  }
  for (const eventReaders of [0, -1, 1.5, '5', NaN]) t.match(problems({ eventReaders }), [/eventReaders must be a whole number/])
})

t.test('a receiver of events has an address and a token', async (t) => {
  const right = { url: 'https://events.example.com/caep?x=1', token: 't' }
  t.strictSame(problems({ eventReceiver: right }), [])
  for (const wrong of [{ url: 'events.example.com' }, { url: 'ftp://events.example.com' }, { url: 'https://u:p@events.example.com' }, { url: 5 }]) {
    t.match(problems({ eventReceiver: { ...right, ...wrong } }), [/eventReceiver\.url must be/])
  }
  for (const token of ['', 'a b', 'é', undefined, 5]) t.match(problems({ eventReceiver: { ...right, token } }), [/eventReceiver\.token must be/])
  for (const audience of ['', 5, null]) t.match(problems({ eventReceiver: { ...right, audience } }), [/eventReceiver\.audience must be/])
  t.equal(problems({ eventReceiver: 'https://events.example.com' }).length, 2)
})

t.test('keys of the admin API whose role or secret is misspelt stop the boot', async (t) => {
  const key = { name: 'ops', role: 'admin', secrets: [ONE] }
  const hash = `sha256:${createHash('sha256').update(ONE).digest('hex')}`
  t.strictSame(problems({ admin: { keys: [{ ...key, secrets: [ONE, `sha256:${'0'.repeat(64)}`] }], certificates: [{ name: 'laptop', role: 'reader', fingerprint: 'aB:'.repeat(31) + '00' }], path: '/ops/v1', ownListener: true } }), [])
  t.strictSame(problems({ hostedPages: true, admin: { page: { helpdesk: 'support' } } }), [])
  const cases: [unknown, RegExp][] = [
    [5, /admin must be an object/],
    [{ keys: {} }, /must be lists/],
    [{ key: [] }, /admin\.key is not an option/],
    [{ keys: [{ ...key, role: 'Admin' }] }, /\[0\]\.role must be one of reader, helpdesk, admin/],
    [{ keys: [{ ...key, role: undefined }] }, /\[0\]\.role/],
    [{ keys: [{ ...key, role: ['admin'] }] }, /\[0\]\.role/],
    [{ keys: [{ ...key, name: 'a b' }] }, /\[0\]\.name/],
    [{ keys: [{ ...key, secrets: [] }] }, /\[0\]\.secrets/],
    [{ keys: [{ ...key, secrets: [ONE.slice(1)] }] }, /at least 32/],
    [{ keys: [{ ...key, secrets: [`sha256:${ONE}`] }] }, /\[0\]\.secrets/],
    [{ keys: [{ ...key, secrets: [`SHA256:${'0'.repeat(63)}g`] }] }, /\[0\]\.secrets/],
    [{ keys: [key, { ...key, secrets: [TWO] }] }, /names a caller twice/],
    [{ keys: [key, { ...key, name: 'b', secrets: [hash] }] }, /has a secret twice/],
    [{ keys: [key], certificates: [{ name: 'ops', role: 'reader', fingerprint: '00'.repeat(32) }] }, /names a caller twice/],
    [{ certificates: [{ name: 'a', role: 'reader', fingerprint: '00' }] }, /fingerprint must be the SHA-256/],
    [{ certificates: [{ name: 'a', role: 'reader', fingerprint: 'aa'.repeat(32) }, { name: 'b', role: 'admin', fingerprint: 'AA:'.repeat(31) + 'AA' }] }, /has a certificate twice/],
    [{ keys: [key], path: '/' }, /admin\.path/],
    [{ keys: [key], path: 'admin' }, /admin\.path/],
    [{ ownListener: 'yes' }, /ownListener/],
    [{ page: true }, /admin\.page needs hostedPages/],
    [{ page: { boss: 'admin' } }, /admin\.page\.boss must be one of/],
    [{ page: {} }, /must name roles/],
    [{ page: { admin: '' } }, /must name roles/],
    [{ page: { admin: 'a', helpdesk: 'a' } }, /names a role twice/]
  ]
  for (const [admin, expected] of cases) {
    const found = problems({ admin }).join('; ')
    t.match(found, expected)
    t.notMatch(found, ONE)
  }
  for (const secret of [ONE, hash]) t.match(problems({ admin: { keys: [{ ...key, secrets: [secret] }] }, serviceClients: [{ id: 'orders', secrets: [ONE] }] }).join(), /secret of a service client/)
})
