/**
 * Key of the user's metadata in the Core that keeps what a success does not clear: how many wrong answers there were
 * lately, and the networks from which the second factor was passed. It stands beside the enrolments, so reading it costs
 * no further call.
 */
export const GUESSES_KEY = 'fastify-2fa:guesses'

export type GuessRecord = {
  /** Wrong answers lately, as of `at`. They are forgotten evenly, all that are allowed within thirty days. */
  total?: number
  /** The last one, in milliseconds since 1970. */
  at?: number
  /** When the owner was last told, in milliseconds since 1970. */
  toldAt?: number
  /** Keyed hashes of networks, and when the second factor was last passed from there. */
  networks?: Record<string, number>
  /** The strength of the strongest factor that was passed from each of them. */
  strengths?: Record<string, number>
}

const DAY_MS = 86_400_000
const PERIOD_MS = 30 * DAY_MS
/**
 * How long a network stays known after it was written. It is written once a week, so it is known for three weeks at
 * least after somebody has passed the second factor there.
 */
const NETWORK_MS = 28 * DAY_MS
/** A network that was written less long ago is not written again: that would be a call to the Core at every login. */
const FRESH_MS = 7 * DAY_MS
const MOST_NETWORKS = 8

function totalNow ({ total = 0, at = 0 }: GuessRecord, most: number): number {
  return Math.max(0, total - (Date.now() - at) * most / PERIOD_MS)
}

/** Whether there is no room for a whole one more. */
const isFull = (total: number, most: number): boolean => total > most - 1

/**
 * Seconds to wait, 0 for none. Whoever guesses slowly, between the owner's successes, gets `most` guesses in thirty days
 * and then one or two a day.
 */
export function waitFor ({ total = 0, at = 0 }: GuessRecord, most: number): number {
  if (!isFull(total, most)) return 0
  const wait = Math.max(DAY_MS, (total - most + 1) * PERIOD_MS / most)
  return Math.max(0, Math.ceil((at + wait - Date.now()) / 1000))
}

export function withFailures (record: GuessRecord, failures: number, most: number): GuessRecord {
  if (failures <= 0) return record
  return { ...record, total: totalNow(record, most) + failures, at: Date.now() }
}

/** Whether the owner is to be told: the count is full, for the first time in thirty days. */
export function isNews ({ total = 0, toldAt = 0 }: GuessRecord, most: number): boolean {
  return isFull(total, most) && Date.now() - toldAt >= PERIOD_MS
}

/** @param strength what must have been passed there at least */
export function isKnown ({ networks = {}, strengths = {} }: GuessRecord, network: string, strength = 0): boolean {
  return Object.hasOwn(networks, network) && Date.now() - networks[network]! < NETWORK_MS && (strengths[network] ?? 0) >= strength
}

/**
 * The same record if the network needs no writing.
 *
 * @param strength what was passed there now
 */
export function withNetwork (record: GuessRecord, network: string, strength = 0): GuessRecord {
  const { networks = {}, strengths = {} } = record
  const strongest = Math.max(strength, strengths[network] ?? 0)
  if (Object.hasOwn(networks, network) && Date.now() - networks[network]! < FRESH_MS && strongest === (strengths[network] ?? 0)) return record
  const newest = Object.entries({ ...networks, [network]: Date.now() })
    .filter(([, at]) => Date.now() - at < NETWORK_MS)
    .sort(([, one], [, other]) => other - one)
    .slice(0, MOST_NETWORKS)
  return {
    ...record,
    networks: Object.fromEntries(newest),
    strengths: Object.fromEntries(newest.map(([name]) => [name, name === network ? strongest : strengths[name] ?? 0]))
  }
}
