import { mock } from 'node:test'
import type { UserContext } from 'supertokens-node/types'
import { resolveLimits } from '../src/limits/resolve.js'
import { createSends } from '../src/limits/sends.js'
import { createKeys } from '../src/limits/keys.js'
import { createMemoryStore, type LimitStore } from '../src/limits/store.js'
import { LimitReached } from '../src/errors.js'
import type { FailureState } from '../src/second-factor/lock.js'
import { SKEW } from '../src/second-factor/factors/totp/algorithm.js'
import { MOST_DEVICES } from '../src/second-factor/factors/totp/devices.js'
import { createSecondFactorTries } from '../src/second-factor/tries.js'

/**
 * Calculates the chance to pass the second factor with a stolen password and a script, in a day and in a year. It
 * compares the guides with a real Core's defaults to the limits of this project. The limits run as they are, on a
 * simulated clock; whether a guess is right is drawn at random. No network.
 *
 * Usage: npm run compile && node dist/bench/guessing-simulation.js
 */
const CODES = 1_000_000
/** Codes that pass at the same moment: one of an SMS, several of each authenticator app. */
const OF_AN_APP = 2 * SKEW + 1
const DAY = 86_400
/** The Core's default, `passwordless_max_code_input_attempts`. */
const TRIES_PER_DEVICE = 5
const limits = resolveLimits(undefined)
if (limits === false || limits.failures === false || limits.sends === false) throw new Error('the default options must include limits')
const { failures, sends } = limits

mock.timers.enable({ apis: ['Date'], now: 0 })

const AT_HOME = {} as UserContext
const ELSEWHERE = {} as UserContext
/** Where codes of six digits are sent: by SMS, and by mail. */
const SMS = { factor: 'sms', kind: 'phone', address: '+12125550100' }
const MAIL = { factor: 'email', kind: 'email', address: 'alice@example.com' }
type SentFactor = typeof SMS

const GUESS = { userId: 'user', challengeId: 'any', factor: 'sms', strength: 20 }

/** The second factor's own limits, with the Core's record of one user in a variable. */
function createUser (store: LimitStore, passing: number) {
  let state: FailureState = { failures: {}, guesses: {}, passing }
  const tries = createSecondFactorTries({
    store,
    keys: createKeys(''),
    rules: failures as Exclude<typeof failures, false>,
    events: { locked () {}, slowed () {}, passedFromNetwork () {} },
    networksOf: (userContext) => [{ name: userContext === AT_HOME ? 'home' : 'elsewhere', share: 1 }],
    records: {
      read: async () => state,
      async write (_userId, update) {
        state = { passing, failures: update.failures === undefined ? state.failures : update.failures ?? {}, guesses: update.guesses ?? state.guesses }
      }
    }
  })
  return { tries, isLocked: () => state.failures.lockedAt !== undefined }
}

function secondsOf (err: unknown): number {
  if (!(err instanceof LimitReached)) throw err
  return (err as { retryAfter?: number }).retryAfter ?? 600
}

/**
 * Counts the guesses of a script that guesses whenever it may and requests a new code after every fifth guess. The owner
 * enters the right code so many times a day, which clears the count of consecutive failures and wins the race for a try.
 *
 * @param factors takes turns among them: each has codes of its own, but not counts. Empty: nothing has to be sent before
 * it is guessed
 * @param passing how many codes pass at the same moment
 */
async function guessesWithLimits (days: number, signInsOfTheOwnerPerDay: number, factors: readonly SentFactor[], passing: number): Promise<number> {
  const store = createMemoryStore()
  const { tries, isLocked } = createUser(store, passing)
  const messages = createSends({ store, keys: createKeys(''), rules: sends })
  const start = Date.now()
  const factorAt = (index: number): SentFactor => factors[index % factors.length]!
  let guesses = 0
  let left = 0
  let owner = 0
  let turn = 0
  for (;;) {
    const elapsed = (Date.now() - start) / 1000
    // The factor is locked for good, even if the owner signs in.
    if (elapsed >= days * DAY || isLocked()) return guesses
    const signIns = Math.floor(elapsed * signInsOfTheOwnerPerDay / DAY)
    // During an ordinary wait the owner tries again a little later.
    const enters = () => tries.attempt(GUESS, AT_HOME, async () => ({ outcome: 'right' })).then(() => true, () => false)
    while (owner < signIns && await enters()) owner++
    let wait = 0
    try {
      if (factors.length > 0 && left === 0) {
        await tries.requireOpen(GUESS, ELSEWHERE)
        await messages.reserve({ userId: 'user', ...factorAt(turn), networks: [{ name: String(guesses), share: 1 }], owned: true })
        turn++
        left = TRIES_PER_DEVICE
      }
      await tries.attempt({ ...GUESS, factor: factors.length > 0 ? factorAt(turn).factor : 'totp', challengeId: String(turn) }, ELSEWHERE, async () => ({ outcome: 'wrong' }))
      guesses++
      left--
    } catch (err) {
      wait = secondsOf(err)
    }
    mock.timers.setTime(Date.now() + Math.min(wait, 600) * 1000)
  }
}

/** Draws many periods of `guesses` guesses each. Returns the share in which one was right. */
function drawn (guesses: number, right: number, periods: number): number {
  let passed = 0
  const inOne = chance(guesses, right)
  for (let i = 0; i < periods; i++) if (Math.random() < inOne) passed++
  return passed / periods
}

/** Draws every single guess until one is right or the day is over, without any formula. */
function drawnOneByOne (guesses: number, periods: number): number {
  let passed = 0
  for (let i = 0; i < periods; i++) {
    const code = Math.floor(Math.random() * CODES)
    for (let guess = 0; guess < guesses; guess++) {
      if (Math.floor(Math.random() * CODES) !== code) continue
      passed++
      break
    }
  }
  return passed / periods
}

const chance = (guesses: number, right = 1): number => 1 - (1 - right / CODES) ** guesses
const percent = (part: number): string => part >= 0.01 ? `${(part * 100).toFixed(1)} %` : `${(part * 100).toFixed(3)} %`

const rows: Array<Record<string, string | number>> = []
for (const perSecond of [1, 10, 50]) {
  // One request to create the device, five for its tries.
  const guesses = Math.floor(perSecond * DAY * TRIES_PER_DEVICE / (TRIES_PER_DEVICE + 1))
  rows.push({ system: `guides, ${perSecond} request${perSecond === 1 ? '' : 's'}/s`, 'guesses a day': guesses, 'chance a day': percent(chance(guesses)), simulated: percent(drawnOneByOne(guesses, Math.ceil(150_000_000 / guesses))), 'chance a year': percent(chance(guesses * 365)) })
}
for (const [name, owner, factors, right = 1] of [
  ['here, the owner stays away', 0, [SMS]],
  ['here, the owner signs in once a day', 1, [SMS]],
  ['here, the owner signs in 20 times a day', 20, [SMS]],
  ['here, SMS and mail, once a day', 1, [SMS, MAIL]],
  ['here, SMS and mail, 20 times a day', 20, [SMS, MAIL]],
  ['here, an authenticator app, the owner stays away', 0, [], OF_AN_APP],
  ['here, an app, the owner signs in 20 times a day', 20, [], OF_AN_APP],
  [`here, ${MOST_DEVICES} apps, the owner stays away`, 0, [], OF_AN_APP * MOST_DEVICES],
  [`here, ${MOST_DEVICES} apps, the owner signs in 20 times a day`, 20, [], OF_AN_APP * MOST_DEVICES]
] as Array<[string, number, SentFactor[], number?]>) {
  const [day, year] = [await guessesWithLimits(1, owner, factors, right), await guessesWithLimits(365, owner, factors, right)]
  rows.push({ system: name, 'guesses a day': day, 'chance a day': percent(chance(day, right)), simulated: percent(drawn(day, right, 20_000_000)), 'chance a year': percent(chance(year, right)), 'guesses a year': year })
}
console.table(rows)
process.exit()
