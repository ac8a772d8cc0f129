import { isDuration, toSeconds } from '../options/duration.js'
import { didYouMean } from './near.js'

/**
 * A parsed value, or hints about what is wrong with the text. With no hints, only the expected shape is reported.
 * Hints never quote the text, because it may be a secret.
 */
export type Parsed<Value> = { value: Value } | { wrong: string[] }

/** A kind of setting: its parser, and its expected shape in words for error messages and documentation. */
export interface Kind<Value> {
  readonly shape: string
  /** All values, if the set is closed. */
  readonly choices?: readonly string[]
  readonly parse: (text: string) => Parsed<Value>
}

export const wrong = (...details: string[]): { wrong: string[] } => ({ wrong: details })

/** Text that matches a pattern. */
export function matching (pattern: RegExp, shape: string): Kind<string> {
  return { shape, parse: (text) => pattern.test(text) ? { value: text } : wrong() }
}

/** Any text on a single line. Control characters are rejected, because the text ends up in headers and logs. */
export const text = (shape = 'text on a single line'): Kind<string> => matching(/^[^\p{Cc}]+$/u, shape)

/** A key or password that is sent in a header: no spaces, no control characters. */
export const key = (): Kind<string> => matching(/^[\x21-\x7e]+$/, 'a key of visible ASCII characters without spaces')

export function oneOf<const Choice extends string> (...choices: Choice[]): Kind<Choice> {
  return {
    shape: `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`,
    choices,
    parse (text) {
      const value = choices.find((choice) => choice === text)
      return value === undefined ? wrong(didYouMean(text, choices).trim()) : { value }
    }
  }
}

const FLAGS: Record<string, boolean> = { true: true, yes: true, on: true, 1: true, false: false, no: false, off: false, 0: false }

export function flag (): Kind<boolean> {
  return {
    shape: '`true` or `false`',
    choices: ['true', 'false'],
    parse (text) {
      const value = FLAGS[text.toLowerCase()]
      return value === undefined ? wrong(didYouMean(text, ['true', 'false']).trim()) : { value }
    }
  }
}

export function integer (min: number, max: number): Kind<number> {
  return {
    shape: `a whole number from ${min} to ${max}`,
    parse (text) {
      const value = Number(text)
      return /^\d{1,15}$/.test(text) && value >= min && value <= max ? { value } : wrong()
    }
  }
}

/** A time between two others, with its unit, or in seconds. */
export function duration (min: string, max: string): Kind<string> {
  return {
    shape: `a time from \`${min}\` to \`${max}\`, with \`s\`, \`m\`, \`h\` or \`d\``,
    parse (text) {
      const value = /^\d+$/.test(text) ? `${text}s` : text
      return isDuration(value) && toSeconds(value) >= toSeconds(min) && toSeconds(value) <= toSeconds(max) ? { value } : wrong()
    }
  }
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time with a unit in milliseconds; `0s` is one too. NaN for anything else. */
function milliseconds (text: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? []
  return Number(amount) * UNITS[unit as keyof typeof UNITS]
}

/** A time in this unit as a whole number, or with a unit of its own. */
function time (min: number, max: number, { unit, scale, units }: { unit: string, scale: number, units: string }): Kind<number> {
  return {
    shape: `${unit} from ${min} to ${max}, or a time such as ${units}`,
    parse (text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : milliseconds(text) / scale
      return Number.isInteger(value) && value >= min && value <= max ? { value } : wrong()
    }
  }
}

export const seconds = (min: number, max: number): Kind<number> => time(min, max, { unit: 'seconds', scale: 1000, units: '`90s` or `5m`' })
export const millis = (min: number, max: number): Kind<number> => time(min, max, { unit: 'milliseconds', scale: 1, units: '`500ms` or `4s`' })

/** A list of one kind. Duplicates are dropped. */
export function list<Value> (kind: Kind<Value>, separator = ','): Kind<Value[]> {
  return {
    shape: `${kind.shape}; separate several with \`${separator}\``,
    parse (text) {
      const parts = [...new Set(text.split(separator).map((part) => part.trim()).filter((part) => part !== ''))]
      const values: Value[] = []
      const details: string[] = []
      for (const [index, part] of parts.entries()) {
        const parsed = kind.parse(part)
        if ('value' in parsed) values.push(parsed.value)
        else details.push([`Entry ${index + 1} is not valid.`, ...parsed.wrong].filter(Boolean).join(' '))
      }
      if (details.length > 0) return wrong(...details)
      return values.length > 0 ? { value: values } : wrong()
    }
  }
}

/** JSON that `check` turns into the value. The parser's own message is dropped, because it quotes the text. */
export function json<Value> (shape: string, check: (content: unknown) => Parsed<Value>): Kind<Value> {
  return {
    shape,
    parse (text) {
      let content: unknown
      try {
        content = JSON.parse(text)
      } catch {
        return wrong('It is not valid JSON.')
      }
      return check(content)
    }
  }
}
