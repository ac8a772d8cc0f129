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
