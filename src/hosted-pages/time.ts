import { html } from 'ghtml'
import type { View } from './view.js'

/** By language of a catalogue. Never by what a client names: each is kept. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatIn (language: string): Intl.DateTimeFormat {
  const known = formats.get(language) ?? new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  formats.set(language, known)
  return known
}

/** A time in the person's language. Pages without scripts do not know the time zone, so it is named. @param at milliseconds since 1970 */
export const timeText = (at: number, { language }: Pick<View, 'language'>): string => `${formatIn(language).format(at)} UTC`

/** The same as HTML: a sentence with the time in the place of `{time}`. */
export function withTime (sentence: string, at: number, view: View): string {
  const [before = '', after = ''] = sentence.split('{time}', 2)
  return html`${before}<time datetime="${new Date(at).toISOString()}">${timeText(at, view)}</time>${after}`
}
