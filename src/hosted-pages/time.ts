import { html } from 'ghtml'
import { utcTime } from '../language/utc-time.js'
import type { View } from './view.js'

/** A time in the person's language. Pages without scripts do not know the time zone, so it is named. @param at milliseconds since 1970 */
export const timeText = (at: number, { language }: Pick<View, 'language'>): string => `${utcTime(at, language)} UTC`

/** The same as HTML: a sentence with the time in the place of `{time}`. */
export function withTime (sentence: string, at: number, view: View): string {
  const [before = '', after = ''] = sentence.split('{time}', 2)
  return html`${before}<time datetime="${new Date(at).toISOString()}">${timeText(at, view)}</time>${after}`
}
