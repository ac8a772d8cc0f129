import { mock } from 'node:test'
import { ATTACKS, simulate, type Attack } from './pumping.js'
import { createKeys } from '../src/limits/keys.js'
import type { Network } from '../src/limits/network.js'
import { resolveLimits } from '../src/limits/resolve.js'
import { createSends } from '../src/limits/sends.js'
import { createMemoryStore } from '../src/limits/store.js'

/**
 * Counts the messages that one script can cause in a day: to one number, with one account, with ten thousand accounts,
 * from one address and from ten thousand. The limits run as they are, on a simulated clock. No network.
 *
 * Usage: npm run compile && node dist/bench/sending-simulation.js
 */
const DAY = 86_400
const limits = resolveLimits(undefined)
if (limits === false) throw new Error('the default options must include limits')

mock.timers.enable({ apis: ['Date'], now: 0 })

interface Attempt { userId: string, address: string, network: string }

const networksOf = (name: string): [Network] => [{ name, share: 1 }]

/** Requests a message every `everySeconds` seconds, all day long. */
async function messagesInADay (everySeconds: number, attempt: (index: number) => Attempt): Promise<number> {
  const sends = createSends({ store: createMemoryStore(), keys: createKeys(''), rules: (limits as Exclude<typeof limits, false>).sends })
  let sent = 0
  for (let index = 0; index * everySeconds < DAY; index++) {
    const { network, ...send } = attempt(index)
    await sends.reserve({ kind: 'phone', ...send, networks: networksOf(network) }).then(() => { sent++ }, () => {})
    mock.timers.setTime(Date.now() + everySeconds * 1000)
  }
  return sent
}

const user = (index: number): string => `user-${index % 10_000}`
const phone = (index: number): string => `+1212555${String(index % 10_000).padStart(4, '0')}`
const network = (index: number): string => `network-${index % 10_000}`

/** The guides send every message that is requested. */
const UNLIMITED = 50 * DAY

const rows: Array<Record<string, string | number>> = []
async function row (what: string, everySeconds: number, attempt: (index: number) => Attempt): Promise<void> {
  rows.push({ script: what, 'guides, 50 requests/s': UNLIMITED, here: await messagesInADay(everySeconds, attempt) })
}

await row('one account, one number', 2, () => ({ userId: 'user', address: phone(0), network: 'one' }))
await row('one account, ten thousand numbers and addresses', 2, (i) => ({ userId: 'user', address: phone(i), network: network(i) }))
await row('ten thousand accounts and addresses, one number', 2, (i) => ({ userId: user(i), address: phone(0), network: network(i) }))
await row('ten thousand accounts and numbers, one address', 2, (i) => ({ userId: user(i), address: phone(i), network: 'one' }))

// These share no limits, so a small sample, each requesting every 30 seconds, is extrapolated.
const SAMPLE = 20
let sampled = 0
for (let i = 0; i < SAMPLE; i++) sampled += await messagesInADay(30, () => ({ userId: user(i), address: phone(i), network: network(i) }))
rows.push({ script: `ten thousand accounts, numbers and addresses (${SAMPLE} simulated)`, 'guides, 50 requests/s': UNLIMITED, here: sampled / SAMPLE * 10_000 })
console.table(rows)
console.log('\nA distributed pump among people who enrol; 10,800 attempts in a day')
const day = async (name: string, attack?: Attack) => {
  const { pumped, people, refused } = await simulate(limits.sends as Exclude<typeof limits.sends, false>, attack)
  return { attack: name, 'pumped in a day': pumped, 'people refused': `${refused} of ${people} (${(100 * refused / people).toFixed(1)} %)` }
}
const pumps = [await day('none')]
for (const attack of ATTACKS) pumps.push(await day(attack.name, attack))
console.table(pumps)
process.exit()
