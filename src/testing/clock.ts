import { toSeconds } from '../options/duration.js'

interface Clock { date: DateConstructor, original: DateConstructor, ahead: number }

/** `Date`, ahead by as much as the clock says. It is a proxy, so that only the present changes: `instanceof` works. */
function clockOver (Original: DateConstructor): Clock {
  const now = () => Original.now() + clock.ahead
  const clock: Clock = {
    original: Original,
    ahead: 0,
    date: new Proxy(Original, {
      apply: () => new Original(now()).toString(),
      construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
      get: (target, key) => key === 'now' ? now : Reflect.get(target, key) as unknown
    })
  }
  return clock
}

/** The one in use last, and those that it is built on: fake timers may be installed and removed in between. */
let clocks: Clock[] = []

/**
 * Lets time pass without waiting: tokens and codes expire, claims age, limits and locks end. The clock goes on from
 * there. Everything in this process moves together, an embedded Core included.
 *
 * It moves `Date`, the host's as well. supertokens-node, jose and the claims of a host read nothing else: with a clock
 * of our own, a session would be over for some of them and not for others. Timers do not move.
 *
 * @param duration seconds, or a number with its unit: `90s`, `66m`, `12h`, `1d`
 */
export function advance (duration: number | string): void {
  const milliseconds = toSeconds(duration) * 1000
  let clock = clocks.find(({ date }) => date === globalThis.Date)
  if (clock === undefined) {
    clock = clockOver(globalThis.Date)
    clocks = [clock, ...clocks]
    globalThis.Date = clock.date
  }
  clock.ahead += milliseconds
}

/**
 * Sets the clock right again. Do it when you are done with the Core: its sessions and limits are in the future then.
 * `core.close()` of a Core from `startTestCore` does it too.
 */
export function resetClock (): void {
  for (const clock of clocks) {
    // Fake timers that were installed later may put this Date back.
    clock.ahead = 0
    if (globalThis.Date === clock.date) globalThis.Date = clock.original
  }
  clocks = []
}

/** Runs what may move the clock with `advance`, and sets it back to where it would be without. */
export async function keepingTime<Result> (run: () => Promise<Result>): Promise<Result> {
  const before = new Map(clocks.map((clock) => [clock, clock.ahead]))
  try {
    return await run()
  } finally {
    for (const clock of clocks) {
      clock.ahead = before.get(clock) ?? 0
      if (!before.has(clock) && globalThis.Date === clock.date) globalThis.Date = clock.original
    }
    clocks = clocks.filter((clock) => before.has(clock))
  }
}
