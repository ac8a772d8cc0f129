/** Durations, without the library's errors: services that only verify tokens read them too. */

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Converts a duration, such as `90` (seconds), `90s`, `5m`, `12h` or `1d`, to seconds. Undefined if it is none. */
export function secondsOf (duration: unknown): number | undefined {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration > 0) return duration
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(String(duration)) ?? []
  if (amount === undefined || Number(amount) === 0) return undefined
  return Number(amount) * UNITS[unit as keyof typeof UNITS]
}

/** What is wrong with a duration; undefined if it is one. */
export function durationProblem (duration: unknown): string | undefined {
  return secondsOf(duration) === undefined
    ? `"${String(duration)}" is not a duration; use a number of seconds, or a number with a unit such as 5m`
    : undefined
}
