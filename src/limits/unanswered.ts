import type { Keys } from './keys.js'
import { once, type Report } from './ceiling.js'
import type { LimitStore } from './store.js'
import { takeSlot, type Taken } from './windows.js'

/** Counts run in halves of a day, and the one before counts too: what closes is closed for 12 to 24 hours. */
const PERIOD = 43_200
/** The longest time from a message to its answer (NIST SP 800-63B 3.1.3.2), in seconds. */
export const ANSWER_SECONDS = 600

/** A set of numbers whose answers are watched. */
export interface Watched {
  /** Also for the operator's log: no whole number. */
  name: string
  /** Messages without an answer that are allowed beside those that come with answers. */
  allowance: number
  /**
   * Whether one network has it to itself. Then the operator does not hear of it, and nothing is slowed: others lose
   * nothing when all of it is used at once, and the first answer opens it again.
   */
  isShare?: true
}

interface UnansweredOptions {
  store: LimitStore
  keys: Keys
  report: Report
  /** The share of messages that has to be answered. */
  answeredPercent: number
}

/**
 * Counts messages without an answer. A set of numbers is slowed when half of its allowance is used, and closed when all
 * of it is.
 *
 * People take a moment to answer. So the second half is let out slowly, over the time that an answer can take: a crowd
 * that arrives within one minute does not close anything.
 */
export function createUnanswered ({ store, keys, report, answeredPercent }: UnansweredOptions) {
  const perAnswer = (100 - answeredPercent) / answeredPercent
  const period = (): number => Math.floor(Date.now() / 1000 / PERIOD)
  const sentKey = ({ name }: Watched, at: number): string => keys('watch-sent', name, String(at))
  const answeredKey = ({ name }: Watched, at: number): string => keys('watch-answered', name, String(at))
  const answersOf = async (key: string): Promise<number> => (await store.get(key))?.count ?? 0

  async function take (watched: Watched, isCounted: boolean): Promise<Taken | number> {
    const now = period()
    const key = sentKey(watched, now)
    const count = isCounted ? (await store.add(key, 2 * PERIOD)).count : await store.count(key) + 1
    const giveBack = async (): Promise<void> => { if (isCounted) await store.takeBack(key) }
    const [sentBefore, ...answers] = await Promise.all([
      store.count(sentKey(watched, now - 1)), answersOf(answeredKey(watched, now)), answersOf(answeredKey(watched, now - 1))
    ])
    const answered = answers.reduce((sum, one) => sum + one, 0)
    const unanswered = count + sentBefore - answered
    const allowed = Math.floor(watched.allowance + answered * perAnswer)
    const toldKey = keys('watch-told', watched.name)
    if (unanswered > allowed) {
      await giveBack()
      if (watched.isShare === true) return ANSWER_SECONDS
      await once(store, `${toldKey}:closed`, PERIOD, () => { report('limit.reached', `${watched.name}: ${unanswered - 1} messages without an answer, ${answered} with one`) })
      // Where an attack ends and people begin to answer is not known before the period ends.
      return Math.ceil((now + 1) * PERIOD - Date.now() / 1000)
    }
    const room = 1 - (unanswered - 1) / allowed
    const free = Math.ceil(allowed / 2)
    if (unanswered <= free || watched.isShare === true) return { left: Infinity, room, giveBack }
    const pace = Math.ceil(ANSWER_SECONDS / Math.max(1, allowed - free))
    const slot = await takeSlot(store, { key: keys('watch-slowed', watched.name), limit: 1, seconds: pace })
    await once(store, `${toldKey}:slowed`, PERIOD, () => { report('limit.near', `${watched.name}: ${unanswered} messages without an answer, ${answered} with one`) })
    if (typeof slot === 'number') {
      await giveBack()
      return slot
    }
    return { left: Infinity, room, giveBack: async () => { await Promise.all([giveBack(), slot.giveBack()]) } }
  }

  return {
    take: (watched: Watched) => () => take(watched, true),
    /** Refuses what `take` would refuse, and counts nothing: for a message to a number that is counted already. */
    pass: (watched: Watched) => () => take(watched, false),
    /** Counts a message once more that has not even arrived. */
    async undelivered (watched: Watched): Promise<void> {
      await store.add(sentKey(watched, period()), 2 * PERIOD)
    },
    async answered (watched: Watched): Promise<void> {
      await store.add(answeredKey(watched, period()), 2 * PERIOD)
    }
  }
}
