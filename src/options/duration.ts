import { OptionsInvalid } from '../errors.js'
import { durationProblem, secondsOf } from './seconds.js'

/** Whether {@link toSeconds} takes it. */
export function isDuration (value: unknown): value is number | string {
  return secondsOf(value) !== undefined
}

/**
 * Converts a duration to seconds.
 *
 * @param duration seconds, or a number with its unit: `90s`, `5m`, `12h`, `1d`
 * @throws AUTH_OPTIONS_INVALID for anything else
 */
export function toSeconds (duration: number | string): number {
  const seconds = secondsOf(duration)
  if (seconds === undefined) throw new OptionsInvalid(durationProblem(duration)!)
  return seconds
}
