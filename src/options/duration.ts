import { OptionsInvalid } from '../errors.js'

/** Whether {@link toSeconds} takes it. */
export function isDuration (value: unknown): value is number | string {
  try {
    return toSeconds(value as string) > 0
  } catch {
    return false
  }
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/**
 * Converts a duration to seconds.
 *
 * @param duration seconds, or a number with its unit: `90s`, `5m`, `12h`, `1d`
 * @throws AUTH_OPTIONS_INVALID for anything else
 */
export function toSeconds (duration: number | string): number {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration > 0) return duration
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(String(duration)) ?? []
  if (amount === undefined || Number(amount) === 0) throw new OptionsInvalid(`"${duration}" is not a duration; use a number of seconds, or a number with a unit such as 5m`)
  return Number(amount) * UNITS[unit as keyof typeof UNITS]
}
