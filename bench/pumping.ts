import { mock } from 'node:test'
import { createKeys } from '../src/limits/keys.js'
import { createNewNumbers } from '../src/limits/new-numbers.js'
import type { ResolvedLimits } from '../src/limits/resolve.js'
import { createSends } from '../src/limits/sends.js'
import { createMemoryStore } from '../src/limits/store.js'

const DAY = 86_400

/** What people do. Assumptions, written out in docs/limits.md. */
const PEOPLE = {
  /** Enrolments a day. */
  perDay: 200,
  /** Days of honest traffic before the attack begins. */
  daysBefore: 14,
  /** How many of them enter the code in the end. */
  answered: 0.8,
  /** How many have the code sent a second time. */
  again: 0.25,
  /** How many sit behind one of the 400 addresses that carriers share out among their phones. */
  behindCarrier: 0.5,
  /** Shares of countries: calling code, digits that begin a mobile number, digits after them. */
  countries: [
    { share: 0.75, prefixes: ['+49151', '+49152', '+49157', '+49160', '+49162', '+49170', '+49171', '+49172', '+49173', '+49174', '+49175', '+49176', '+49177', '+49178', '+49179'], digits: 7 },
    { share: 0.1, prefixes: ['+43660', '+43664', '+43676', '+43699'], digits: 7 },
    { share: 0.08, prefixes: ['+4176', '+4177', '+4178', '+4179'], digits: 7 },
    { share: 0.05, prefixes: ['+336', '+337'], digits: 8 },
    { share: 0.02, prefixes: ['+447911', '+34612', '+3197012', '+393331', '+48512'], digits: 6 }
  ]
}

/** The same numbers every time. */
function createRandom (seed: number): () => number {
  return () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return seed / 4_294_967_296
  }
}

export interface Attack {
  name: string
  numberOf (index: number): string
  /** Share of the attacker's own codes that are answered. */
  answered: number
  /** The attacker's addresses. @default 10,000 */
  networks?: number
}

interface Result {
  pumped: number
  people: number
  refused: number
}

/** Seconds between two attempts: as many in a day as there are numbers. More are refused, too. */
const PACE = 8

/** A day of attempts with ten thousand accounts, numbers and addresses, among people who enrol. */
export async function simulate (rules: Exclude<ResolvedLimits['sends'], false>, attack: Attack | undefined): Promise<Result> {
  const random = createRandom(7)
  const [store, keys] = [createMemoryStore(), createKeys('')]
  const sends = createSends({ store, keys, rules })
  const newNumbers = createNewNumbers({ store, keys, rules, report: () => {} })
  const agenda = new Map<number, Array<() => Promise<void>>>()
  const start = Math.ceil(Date.now() / 1000 / DAY) * DAY
  const result: Result = { pumped: 0, people: 0, refused: 0 }
  let second = 0

  const at = (when: number, what: () => Promise<void>): void => {
    const time = Math.max(second + 1, Math.round(when))
    agenda.set(time, [...agenda.get(time) ?? [], what])
  }
  const digits = (count: number): string => String(Math.floor(random() * 10 ** count)).padStart(count, '0')
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!

  /** As `src/second-factor/messages.ts` does it. Resolves with the seconds to wait, 0 if it was sent. */
  async function send (userId: string, address: string, network: string): Promise<number> {
    const networks = [{ name: network, share: 1 }] as const
    const wait = (err: { retryAfter?: number }): number => err.retryAfter ?? DAY
    const windows = await sends.reserve({ userId, kind: 'phone', address, networks }).catch(wait)
    if (typeof windows === 'number') return windows
    return await newNumbers.reserve(address, networks, userId).then(() => 0, async (err: { retryAfter?: number }) => {
      await windows.giveBack()
      return wait(err)
    })
  }

  function person (index: number, counts: boolean): () => Promise<void> {
    let threshold = random()
    const { prefixes, digits: length } = PEOPLE.countries.find(({ share }) => (threshold -= share) < 0) ?? PEOPLE.countries[0]!
    const phone = pick(prefixes) + digits(length)
    const network = random() < PEOPLE.behindCarrier ? `carrier-${digits(2)}-${index % 4}` : `home-${index}`
    const answers = random() < PEOPLE.answered
    const again = random() < PEOPLE.again
    let patience = 3

    return async function enrol () {
      const wait = await send(`person-${index}`, phone, network)
      if (wait > 0 && wait <= 600 && patience-- > 0) { at(second + wait, enrol); return }
      if (counts) result.people++
      if (wait > 0) {
        if (counts) result.refused++
        return
      }
      if (again) at(second + 45, async () => { await send(`person-${index}`, phone, network) })
      if (answers) at(second + 15 + random() * 60 + (again ? 45 : 0), () => newNumbers.answered(phone, [{ name: network, share: 1 }]))
    }
  }

  // Three times as many at noon as at midnight.
  const days = PEOPLE.daysBefore + 1
  for (let index = 0; index < days * PEOPLE.perDay; index++) {
    let time
    do time = random() * days * DAY
    while (random() > (2 - Math.cos(2 * Math.PI * time / DAY)) / 3)
    at(time, person(index, time >= PEOPLE.daysBefore * DAY))
  }

  for (; second < days * DAY; second++) {
    const isAttacked = attack !== undefined && second >= PEOPLE.daysBefore * DAY && second % PACE === 0
    const todo = agenda.get(second)
    if (todo === undefined && !isAttacked) continue
    agenda.delete(second)
    mock.timers.setTime((start + second) * 1000)
    for (const what of todo ?? []) await what()
    if (!isAttacked) continue
    const index = second / PACE % 10_000
    const phone = attack.numberOf(index)
    const network = `rented-${index % (attack.networks ?? 10_000)}`
    if (await send(`bot-${index}`, phone, network) > 0) continue
    result.pumped++
    if (random() < attack.answered) at(second + 20, () => newNumbers.answered(phone, [{ name: network, share: 1 }]))
  }
  return result
}

const four = (index: number): string => String(index % 10_000).padStart(4, '0')
/** Fifty countries in which the service has no users. */
const FOREIGN = [
  '99890', '99450', '99650', '99290', '99365', '880171', '62812', '234803', '92301', '9477', '25471', '96650', '21261', '21655', '21377', '20100', '24991', '25191', '25578', '25670',
  '26097', '26377', '26481', '22177', '22507', '22670', '23320', '23670', '23769', '24381', '24491', '25261', '25078', '26134', '26599', '35569', '38267', '38970', '37360', '37491',
  '99555', '96477', '96278', '96170', '97056', '96777', '85510', '85620', '95920', '67570'
]
/** Fills a prefix up to eleven digits; the last ones count up. */
const fill = (prefix: string, index: number): string => `+${prefix}${String(index).padStart(12 - prefix.length, '0')}`

const abroad = (i: number): string => fill(FOREIGN[i % 50]!, (i * 7919) % 9_999_999)
const atHome = (i: number): string => `${PEOPLE.countries[0]!.prefixes[i % 15]!}${String((i * 7919 * 613) % 10_000_000).padStart(7, '0')}`

export const ATTACKS: Attack[] = [
  { name: 'one range of 10,000 numbers', answered: 0, numberOf: (i) => `+99890123${four(i)}` },
  { name: 'a hundred ranges of a country without users', answered: 0, numberOf: (i) => `+99890${String(100 + i % 100)}${four(i)}` },
  { name: 'a thousand ranges of fifty countries without users', answered: 0, numberOf: abroad },
  { name: 'the same, a tenth of the codes answered', answered: 0.1, numberOf: abroad },
  { name: 'the same, a third answered', answered: 1 / 3, numberOf: abroad },
  { name: 'ten ranges of the country of most users', answered: 0, numberOf: (i) => `+49151${String(200 + i % 10)}${four(i)}` },
  { name: 'a hundred ranges of the country of most users', answered: 0, numberOf: (i) => `+49176${String(200 + i % 100)}${four(i)}` },
  { name: 'all mobiles of the country of most users, evenly', answered: 0, numberOf: atHome },
  { name: 'a thousand ranges of fifty countries, all answered', answered: 1, numberOf: abroad },
  { name: 'all mobiles of the country of most users, a third answered', answered: 1 / 3, numberOf: atHome },
  ...([['one address', 1], ['twenty addresses', 20], ['a thousand addresses', 1000]] as const).flatMap(([name, networks]) => [
    { name: `fifty countries without users, from ${name}`, answered: 0, numberOf: abroad, networks },
    { name: `the country of most users, from ${name}`, answered: 0, numberOf: atHome, networks }
  ])
]
