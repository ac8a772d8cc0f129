import t from 'tap'
import { mayReach } from '../../src/phone/countries.js'
import { inWords } from '../../src/limits/answers.js'
import { createKeys } from '../../src/limits/keys.js'
import { createKnownNetworks } from '../../src/limits/known.js'
import { networksOf } from '../../src/limits/network.js'
import { resolveLimits } from '../../src/limits/resolve.js'
import { createSends } from '../../src/limits/sends.js'
import { createSignIn } from '../../src/limits/sign-in.js'
import { createMemoryStore } from '../../src/limits/store.js'
import { mailboxOf } from '../../src/limits/subject.js'
import { watchMemory } from '../../src/limits/redis-memory.js'
import { createSharedTries } from '../../src/limits/shared-tries.js'
import { createTries, type Reservation, type Try } from '../../src/limits/tries.js'
import { takeAll, takeCount, takeSlot, type Taken } from '../../src/limits/windows.js'
import { stopClock } from './clock.js'

const clock = stopClock()

const isTry = (result: Try | number): result is Try => typeof result !== 'number'
const isTaken = (result: Taken | number): result is Taken => typeof result !== 'number'
const RULES = { free: 5, step: 5, waits: [30, 60, 3600] }

t.test('counters are added to, put, taken back and forgotten', async (t) => {
  const store = createMemoryStore()
  t.equal(await store.get('a'), undefined)
  t.same(await store.add('a', 10), { count: 1, waitMs: 10_000 })
  clock.pass(4)
  t.same(await store.add('a', 10), { count: 2, waitMs: 6000 }, 'the first one decides when it is forgotten')
  await store.takeBack('a')
  t.same(await store.get('a'), { count: 1, waitMs: 6000 })
  clock.pass(6)
  t.equal(await store.get('a'), undefined)
  await store.takeBack('a')
  t.equal((await store.add('a', 10)).count, 1, 'what is gone is not taken back')
  await store.put('a', 7, 20)
  t.same(await store.get('a'), { count: 7, waitMs: 20_000 })
  await store.delete('a')
  t.equal(await store.get('a'), undefined)
})

t.test('amounts are added and taken back, for as long as the first one says', async (t) => {
  const store = createMemoryStore()
  t.same(await store.add('watch-money', 10, 10, 500), { count: 500, waitMs: 10_000 })
  clock.pass(4)
  t.same(await store.add('watch-money', 10, 10, 81), { count: 581, waitMs: 6000 })
  await store.takeBack('watch-money', 500)
  t.equal(await store.count('watch-money'), 81)
  await store.takeBack('watch-money', 90)
  t.equal(await store.get('watch-money'), undefined, 'never below zero')
})

t.test('waits come after each lot of failures, and grow', async (t) => {
  const tries = createTries(createMemoryStore(), RULES)
  const waits = []
  for (let lot = 0; lot < 4; lot++) {
    for (let i = 0; i < 5; i++) {
      const attempt = await tries.reserve('user')
      t.ok(isTry(attempt), `try ${lot * 5 + i + 1}`)
      if (isTry(attempt)) waits.push(await attempt.fail())
    }
    const wait = await tries.waiting('user')
    t.equal(await tries.reserve('user'), wait, 'nothing is tried during a wait')
    clock.pass(wait - 1)
    t.equal(await tries.reserve('user'), 1, 'asking does not make it longer')
    clock.pass(1)
    t.equal(await tries.waiting('user'), 0)
  }
  t.same(waits.filter((wait) => wait > 0), [30, 60, 3600, 3600])
})

t.test('of two hundred tries at once, five are made', async (t) => {
  const tries = createTries(createMemoryStore(), RULES)
  const burst = async (): Promise<number> => {
    const results = await Promise.all(Array.from({ length: 200 }, () => tries.reserve('user')))
    const made = results.filter(isTry)
    await Promise.all(made.map((attempt) => attempt.fail()))
    return made.length
  }
  t.equal(await burst(), 5)
  t.equal(await burst(), 0)
  clock.pass(30)
  t.equal(await burst(), 5)
  t.equal(await tries.waiting('user'), 60)
})

t.test('what was no try is given back, and success clears', async (t) => {
  const tries = createTries(createMemoryStore(), RULES)
  const next = async (): Promise<Try> => {
    const attempt = await tries.reserve('user')
    if (!isTry(attempt)) throw new Error(`wait of ${attempt}`)
    return attempt
  }
  for (let i = 0; i < 4; i++) await (await next()).fail()
  for (let i = 0; i < 10; i++) await (await next()).giveBack()
  await (await next()).succeed()
  for (let i = 0; i < 4; i++) t.equal(await (await next()).fail(), 0)
  const late = await next()
  await tries.clear('user')
  t.equal(await late.fail(), 0, 'another one of the same lot has succeeded')
  t.equal((await next()).ordinal, 1)
  clock.pass(60)
  t.equal((await next()).ordinal, 2, 'a process that died over a try keeps nobody out')
})

t.test('failures that the store has forgotten are known from elsewhere', async (t) => {
  const tries = createTries(createMemoryStore(), RULES)
  const attempt = await tries.reserve('user', 10)
  t.match(attempt, { ordinal: 11 })
  t.match(await tries.reserve('user', 10), { ordinal: 12 })
})

t.test('failures of many are counted without standing in each other\'s way', async (t) => {
  const tries = createSharedTries(createMemoryStore(), { free: 10, waits: [30, 60], memory: { each: 60, most: 3600 } })
  const reserve = async (): Promise<Reservation> => {
    const attempt = await tries.reserve('address')
    if (typeof attempt === 'number') throw new Error(`wait of ${attempt}`)
    return attempt
  }
  for (let i = 0; i < 50; i++) await (await reserve()).succeed()
  for (let i = 0; i < 5; i++) t.equal(await (await reserve()).fail(), 0)
  const five = await Promise.all(Array.from({ length: 5 }, reserve))
  const sixth = reserve()
  await five[0]!.succeed()
  await (await sixth).giveBack()
  for (const attempt of five.slice(1)) t.equal(await attempt.fail(), 0)
  t.equal(await (await reserve()).fail(), 30, 'the tenth failure')
  t.equal(await tries.reserve('address'), 30)
  clock.pass(29)
  t.equal(await tries.reserve('address'), 1, 'asking does not make it longer')
  clock.pass(1)
  const one = await reserve()
  const next = tries.reserve('address')
  t.equal(await one.fail(), 60)
  t.equal(await next, 60, 'one at a time after a wait')
})

t.test('of 250 tries at once behind one address, a hundred are made', async (t) => {
  const tries = createSharedTries(createMemoryStore(), { free: 100, waits: [30], memory: { each: 60, most: 3600 } })
  const reserved = await Promise.all(Array.from({ length: 250 }, async () => {
    const attempt = await tries.reserve('address')
    return typeof attempt === 'number' ? attempt : await attempt.fail()
  }))
  t.equal(reserved.filter((wait) => wait === 0).length, 99)
  t.equal(await tries.reserve('address'), 30)
})

t.test('the more failures there are, the longer they are remembered', async (t) => {
  const store = createMemoryStore()
  t.same(await store.add('a', 60, 200), { count: 1, waitMs: 60_000 })
  clock.pass(60)
  t.same(await store.add('a', 60, 200), { count: 1, waitMs: 60_000 }, 'one is forgotten')
  t.same(await store.add('a', 60, 200), { count: 2, waitMs: 120_000 })
  t.same(await store.add('a', 60, 200), { count: 3, waitMs: 180_000 })
  t.same(await store.add('a', 60, 200), { count: 4, waitMs: 200_000 })
  t.same(await store.add('a', 60, 200), { count: 5, waitMs: 200_000 })
  clock.pass(50)
  t.same(await store.add('a', 60, 200), { count: 6, waitMs: 150_000 }, 'and no longer than all of them')
})

t.test('windows slide: never more than five within ten minutes, wherever they begin', async (t) => {
  const store = createMemoryStore()
  const taken: number[] = []
  for (let second = 0; second < 7200; second += 17) {
    if (isTaken(await takeSlot(store, { key: 'user', limit: 5, seconds: 600 }))) taken.push(second)
    clock.pass(17)
  }
  for (const start of taken) t.ok(taken.filter((second) => second >= start && second < start + 600).length <= 5)
  t.ok(taken.length >= 55, `${taken.length} in two hours`)
})

t.test('a slot is taken once, given back, and its wait is told', async (t) => {
  const store = createMemoryStore()
  const window = { key: 'user', limit: 3, seconds: 600 }
  const results = await Promise.all(Array.from({ length: 50 }, () => takeSlot(store, window)))
  const [first, ...more] = results.filter(isTaken)
  t.equal(more.length, 2)
  t.ok(results.includes(600))
  clock.pass(100)
  t.equal(await takeSlot(store, window), 500)
  await first?.giveBack()
  t.match(await takeSlot(store, window), { left: 0 })
})

t.test('of several windows all are taken or none', async (t) => {
  const store = createMemoryStore()
  const wide = () => takeSlot(store, { key: 'wide', limit: 3, seconds: 600 })
  const narrow = () => takeCount(store, { key: 'narrow', limit: 1, seconds: 60 })
  t.match(await takeAll([wide, narrow]), { left: 0 })
  t.equal(await takeAll([wide, narrow]), 60)
  t.equal(await takeAll([wide, narrow]), 60)
  t.match(await takeAll([wide]), { left: 1 }, 'nothing was kept of what was refused')
  t.match(await takeAll([]), { left: Infinity })
})

t.test('an address is an IPv4 address, or the /64, /56 and /48 of an IPv6 one, each looser', async (t) => {
  t.same(networksOf('2001:db8:1:2345:6:7:8:9'), [
    { name: '2001:db8:1:2345::/64', share: 1 }, { name: '2001:db8:1:2300::/56', share: 2 }, { name: '2001:db8:1:0::/48', share: 4 }
  ])
  const cases = {
    '192.0.2.1': '192.0.2.1',
    '192.0.2.1:50123': '192.0.2.1',
    '::ffff:192.0.2.1': '192.0.2.1',
    '::FFFF:c000:201': '192.0.2.1',
    '[::ffff:192.0.2.1]:443': '192.0.2.1',
    '::ffff:0:192.0.2.1': '192.0.2.1',
    '64:ff9b::192.0.2.1': '192.0.2.1',
    '2002:c000:201:7::8': '192.0.2.1',
    '2001:0:cb00:7101:8000:63bf:3fff:fdfe': '192.0.2.1',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '[2001:db8:1:2:3:4:5:6]:50123': '2001:db8:1:2::/64',
    '2001:0DB8:0001:0002::1': '2001:db8:1:2::/64',
    '2001:db8::1': '2001:db8:0:0::/64',
    '::1': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '': 'unknown',
    'unknown-7': 'unknown',
    '192.0.2.256': 'unknown',
    '<script>': 'unknown'
  }
  for (const [ip, network] of Object.entries(cases)) t.equal(networksOf(ip)[0].name, network, ip)
  t.same(networksOf(undefined), [{ name: 'local', share: 1 }], 'a unix socket')
})

t.test('names of counters give nothing away, and differ by purpose, subject and key', async (t) => {
  const keys = createKeys('secret')
  const names = [keys('a', '+12125550100'), keys('b', '+12125550100'), keys('a', '+12125550101'), createKeys('other')('a', '+12125550100'), keys('a', '+1', '2125550100')]
  t.equal(new Set(names.map((name) => name.split(':')[1])).size, names.length)
  for (const name of names) t.match(name, /^[ab]:[\w-]{32}$/)
})

t.test('a stranger who asks for codes to somebody else\'s number leaves its owner two a day', async (t) => {
  const limits = resolveLimits({})
  if (limits === false) throw new Error('limits are off')
  const sends = createSends({ store: createMemoryStore(), keys: createKeys(''), rules: limits.sends })
  const ask = async (userId: string, ip: string, isLogin = true) => {
    const send = { userId, kind: 'phone', address: '+12125550123', networks: networksOf(ip), isLogin }
    return await sends.reserve(send).then(() => 'sent', ({ message }: Error) => message)
  }
  let sent = 0
  for (let i = 0; i < 40; i++) {
    if (await ask(`mallory ${i % 7}`, `2001:db8:7:${i}::1`) === 'sent') sent++
    clock.pass(300)
  }
  t.equal(sent, 12)
  t.match(await ask('bob', '198.51.100.1', false), /^Too many codes were sent\. Try again in 24 hours/, 'nothing is kept where the number is no login')
  t.equal(await ask('alice', '198.51.100.7'), 'sent')
  clock.pass(30)
  t.equal(await ask('alice', '198.51.100.7'), 'sent')
  t.match(await ask('carol', '192.0.2.1'), /^Too many codes/, 'no more than four, however many ask')
})

t.test('countries go by ISO code or calling code', async (t) => {
  const jamaica = '+18762101234'
  t.ok(mayReach(jamaica, []))
  t.ok(mayReach(jamaica, ['DE', 'JM']))
  t.notOk(mayReach(jamaica, ['US', 'CA']))
  t.ok(mayReach(jamaica, ['+1']))
  t.ok(mayReach('+4915112345678', ['1', '49']))
  t.notOk(mayReach('+4915112345678', ['1', 'AT']))
})

t.test('waits in words are never shorter than they are', async (t) => {
  t.same([1, 30, 90, 91, 3600, 5400, 5401, 86_400].map(inWords), ['in 1 second', 'in 30 seconds', 'in 90 seconds', 'in 2 minutes', 'in 60 minutes', 'in 90 minutes', 'in 2 hours', 'in 24 hours'])
})

t.test('a sign-in that was no try is given back', async (t) => {
  const rules = { perAccountAndAddress: 2, perAccount: 3, perAddress: 100, waits: [30], refusalTime: 0 }
  const signIn = createSignIn({ store: createMemoryStore(), keys: createKeys(''), rules })
  const claimant = { account: 'alice', networks: networksOf('192.0.2.1') }
  for (let i = 0; i < 9; i++) {
    await t.rejects(signIn.attempt(claimant, async () => { throw new Error('no Core') }), { message: 'no Core' })
    t.match(await signIn.attempt(claimant, async () => ({ status: 'SIGN_IN_NOT_ALLOWED' })), { status: 'SIGN_IN_NOT_ALLOWED' })
  }
  t.match(await signIn.attempt(claimant, async () => ({ status: 'OK' })), { status: 'OK' })
})

t.test('an address is counted by its mailbox', async (t) => {
  const same = ['victim@gmail.com', 'v.ic.tim+tag@GMAIL.com', '"victim"@gmail.com', '"v\\ictim+1"@googlemail.com', 'victim+a+b@gmail.com.', 'ｖictim@gmail.com']
  for (const address of same) t.equal(mailboxOf(address), 'victim@gmail.com', address)
  t.equal(mailboxOf('a.b+c@example.com'), 'a.b@example.com', 'dots count elsewhere')
  t.equal(mailboxOf('+c@example.com'), '+c@example.com')
  t.equal(mailboxOf('a@bücher.example'), mailboxOf('a@xn--bcher-kva.example'))
  t.equal(mailboxOf('+12125550123'), '+12125550123', 'a number is no address')
})

t.test('an account is known at sixteen networks at most, and only at its own', async (t) => {
  const networks = createKnownNetworks(createMemoryStore(), createKeys(''))
  for (let i = 0; i < 100; i++) await networks.remember('alice', `network-${i}`)
  const known = await Promise.all(Array.from({ length: 200 }, (_, i) => networks.has('alice', `network-${i}`)))
  t.ok(known[99], 'the last one')
  t.ok(known.filter(Boolean).length <= 16)
  t.notOk(known.slice(100).some(Boolean))
  t.notOk(await networks.has('bob', 'network-99'))
})

t.test('a place is taken by one at a time', async (t) => {
  const store = createMemoryStore()
  t.equal(await store.take('a', 60), 0)
  clock.pass(20)
  t.equal(await store.take('a', 60), 40_000)
  await store.delete('a')
  t.equal(await store.take('a', 60), 0)
})

t.test('the memory of Redis is looked at once a minute; each warning comes once', async (t) => {
  const lines: string[] = []
  const add = (...args: unknown[]): void => { lines.push(String(args.at(-1)).replace(/[;,].*/, '')) }
  let [asked, used, policy] = [0, 10, 'noeviction']
  const memory = watchMemory(async () => {
    asked++
    if (used < 0) throw new Error('NOPERM')
    return `# Memory\r\nused_memory:${used}\r\nmaxmemory:100\r\nmaxmemory_policy:${policy}\r\n`
  }, { warn: add, error: add } as never)
  for (let i = 0; i < 5; i++) memory.look()
  t.equal(asked, 1)
  clock.pass(60)
  memory.look()
  t.equal(asked, 2)
  await memory.lookNow()
  t.same(lines, [])
  used = 70
  for (let i = 0; i < 3; i++) await memory.lookNow()
  t.same(lines.splice(0), ['The Redis of the limits is filling up'])
  memory.isFull()
  memory.isFull()
  await memory.lookNow()
  t.same(lines.splice(0), ['The Redis of the limits is full'])
  used = 50
  await memory.lookNow()
  used = 90
  await memory.lookNow()
  t.same(lines.splice(0), ['The Redis of the limits is filling up'], 'again, after it was better')
  used = 50
  policy = 'volatile-ttl'
  for (let i = 0; i < 3; i++) await memory.lookNow()
  t.same(lines.splice(0), ['Redis may evict counters of the limits'])
  used = -1
  await memory.lookNow()
  t.same(lines, [], 'a Redis that does not allow INFO')
})
