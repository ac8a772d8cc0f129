import type { AnswerText } from './sentences.js'

/** The names in braces of a sentence. */
export type Placeholder<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholder<Rest> : never

/** The names in braces of a text, sorted. */
export const placeholdersOf = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!))].sort()

/** Puts values in. A value that looks like a placeholder stays as it is. */
export function fill (text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(values[name] ?? placeholder))
}

/** How the values of answers look in English. Our own code writes them: no client does, except the name of a field. */
const SHAPES: Record<Placeholder<AnswerText>, string> = {
  code: '\\d+',
  count: '\\d+',
  number: '\\d+',
  contact: '.+',
  when: 'in \\d+ (?:second|minute|hour)s?',
  refusal: '.+',
  field: '.+'
}

/** An English sentence with values, which {@link recognise} finds in a text. */
export interface Template<Text extends string = string> {
  sentence: Text
  pattern: RegExp
}

export function templateOf<Text extends AnswerText> (sentence: Text): Template<Text> {
  const pattern = sentence.split(/\{(\w+)\}/).map((part, index) => index % 2 === 0
    ? part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    : `(?<${part}>${SHAPES[part as keyof typeof SHAPES]})`)
  return { sentence, pattern: new RegExp(`^${pattern.join('')}$`) }
}

/** The values that a text has in the places of a template; undefined if it is another text. */
export function recognise ({ pattern }: Template, text: string): Record<string, string> | undefined {
  const match = pattern.exec(text)
  return match === null ? undefined : { ...match.groups }
}

/** By language. To make one takes longer than to refuse a request, and floods are refused. */
const formats = new Map<string, Intl.RelativeTimeFormat>()

function formatIn (language: string): Intl.RelativeTimeFormat {
  const known = formats.get(language) ?? new Intl.RelativeTimeFormat(language, { numeric: 'always' })
  formats.set(language, known)
  return known
}

/**
 * Says in a language what English says as `in 5 minutes`.
 *
 * @param language of a catalogue. Never what a client names: each is kept
 */
export function when (english: string, language: string): string {
  const [, amount, unit] = /(\d+) (second|minute|hour)/.exec(english)!
  return formatIn(language).format(Number(amount), unit as Intl.RelativeTimeFormatUnit)
}
