import { mock } from 'node:test'
import { resolveLimits } from '../src/limits/resolve.js'
import { createSends } from '../src/limits/sends.js'
import { createKeys } from '../src/limits/keys.js'
import { createMemoryStore } from '../src/limits/store.js'
import { createTries } from '../src/limits/tries.js'

/**
 * Calculates the chance to pass the second factor with a stolen password and a script, in a day and in a year. It
 * compares the guides with a real Core's defaults to the limits of this project. The limits run as they are, on a
 * simulated clock; whether a guess is right is drawn at random. No network.
 *
 * Usage: npm run compile && node dist/bench/guessing-simulation.js
 */
const CODES = 1_000_000
const DAY = 86_400
/** The Core's default, `passwordless_max_code_input_attempts`. */
const TRIES_PER_DEVICE = 5
const limits = resolveLimits(undefined)
if (limits === false || limits.failures === false || limits.sends === false) throw new Error('the default options must include limits')
const { failures, sends } = limits

mock.timers.enable({ apis: ['Date'], now: 0 })

/** Counts the guesses of a script that guesses whenever it may and requests a new code after every fifth guess. */
async function guessesWithLimits (days: number, signInsOfTheOwnerPerDay: number): Promise<number> {
  const store = createMemoryStore()
  const tries = createTries(store, { free: failures.triesPerWait, step: failures.triesPerWait, waits: failures.waits })
  const messages = createSends({ store, keys: createKeys(''), rules: sends })
  const start = Date.now()
  let guesses = 0
  let left = 0
  let owner = 0
  for (;;) {
    const elapsed = (Date.now() - start) / 1000
    if (elapsed >= days * DAY) return guesses
    // The owner's success clears the count.
    const signIns = Math.floor(elapsed * signInsOfTheOwnerPerDay / DAY)
    for (; owner < signIns; owner++) await tries.clear('user')
    let wait = 0
    if (left === 0) {
      try {
        await messages.reserve({ userId: 'user', kind: 'phone', address: '+12125550100', networks: [{ name: String(guesses), share: 1 }] })
        left = TRIES_PER_DEVICE
      } catch (err) {
        wait = (err as { retryAfter: number }).retryAfter
      }
    }
    if (wait === 0) {
      const attempt = await tries.reserve('user')
      if (typeof attempt === 'number') wait = attempt
      else {
        guesses++
        left--
        await attempt.fail()
        if (attempt.ordinal < failures.lockAfter) continue
        // The factor is locked for good, even if the owner signs in.
        return guesses
      }
    }
    mock.timers.setTime(Date.now() + Math.min(wait, 600) * 1000)
  }
}

/** Draws many periods of `guesses` guesses each. Returns the share in which one was right. */
function drawn (guesses: number, periods: number): number {
  let passed = 0
  const inOne = 1 - (1 - 1 / CODES) ** guesses
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

const chance = (guesses: number): number => 1 - (1 - 1 / CODES) ** guesses
const percent = (part: number): string => part >= 0.001 ? `${(part * 100).toFixed(1)} %` : `${(part * 100).toFixed(4)} %`

const rows: Array<Record<string, string | number>> = []
for (const perSecond of [1, 10, 50]) {
  // One request to create the device, five for its tries.
  const guesses = Math.floor(perSecond * DAY * TRIES_PER_DEVICE / (TRIES_PER_DEVICE + 1))
  rows.push({ system: `guides, ${perSecond} request${perSecond === 1 ? '' : 's'}/s`, 'guesses a day': guesses, 'chance a day': percent(chance(guesses)), simulated: percent(drawnOneByOne(guesses, Math.ceil(150_000_000 / guesses))), 'chance a year': percent(chance(guesses * 365)) })
}
for (const [name, owner] of [['here, the owner stays away', 0], ['here, the owner signs in once a day', 1], ['here, the owner signs in 20 times a day', 20]] as const) {
  const [day, year] = [await guessesWithLimits(1, owner), await guessesWithLimits(365, owner)]
  rows.push({ system: name, 'guesses a day': day, 'chance a day': percent(chance(day)), simulated: percent(drawn(day, 20_000_000)), 'chance a year': percent(chance(year)), 'guesses a year': year })
}
console.table(rows)
process.exit()
