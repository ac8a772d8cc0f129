import type { Kind } from './kinds.js'
import { nearest } from './near.js'
import type { Problem } from './problems.js'
import { type Name, names, setting, type Values } from './settings.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** The settings read from an environment: values, the names that were set, and the problems found. */
export interface Reading {
  /** Complete only if there are no problems: an invalid text leaves its value out. */
  values: Values
  given: ReadonlySet<Name>
  problems: Problem[]
}

/** Quotes an invalid text, shortened to 60 characters. Of a secret, only the length is shown. */
function show (text: string, secret: boolean): string {
  if (secret) return `${text.length} characters (not shown)`
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

/** Parses one text from the environment or from a command-line flag. */
export function read<Value> (kind: Kind<Value>, text: string, secret = false): { value: Value } | { message: string } {
  const parsed = kind.parse(text)
  if ('value' in parsed) return parsed
  return { message: [`expected ${kind.shape}; got ${show(text, secret)}.`, ...parsed.wrong].filter(Boolean).join(' ') }
}

/** Short names resemble harmless variables (`PORT0`, `PORTS`, `HOME`), so for them only the case may differ, and two letters be swapped. */
const longNames = names.filter((name) => name.length > 5)
const shortNames = names.filter((name) => name.length <= 5)

/** Whether two neighbours are swapped, as in `PROT`. */
function isSwapped (variable: string, name: string): boolean {
  return [...name].some((letter, i) => `${name.slice(0, i)}${name[i + 1] ?? ''}${letter}${name.slice(i + 2)}` === variable)
}

/** OpenSSL's own, which resembles a setting of ours. */
const OTHERS: readonly string[] = ['SSL_CERT_FILE', 'SSL_CERT_DIR']

/** The setting an unknown variable probably stands for: a known alias, or a close name. */
export function meant (variable: string): string | undefined {
  if (OTHERS.includes(variable)) return undefined
  return names.find((name) => setting(name).mistakenFor?.includes(variable) || name === variable.toUpperCase()) ??
    shortNames.find((name) => isSwapped(variable.toUpperCase(), name)) ?? nearest(variable, longNames)
}

/** No other program's variables start with this prefix, so any unknown variable that does is a mistake. */
const OWN_PREFIX = 'EMBEDDED_CORE_'

function misspelt (env: Environment): Problem[] {
  const known = new Set<string>(names)
  return Object.keys(env).filter((variable) => env[variable] && !known.has(variable)).flatMap((variable) => {
    const name = meant(variable)
    if (name !== undefined) return [{ variable, message: `this setting does not exist. Did you mean ${name}?` }]
    return variable.startsWith(OWN_PREFIX) ? [{ variable, message: `this setting does not exist. Choose from ${names.filter((name) => name.startsWith(OWN_PREFIX)).join(', ')}.` }] : []
  })
}

/** Reads all settings. An empty variable counts as unset, because compose files and shells often leave them behind. */
export function readEnvironment (env: Environment): Reading {
  const values: Record<string, unknown> = {}
  const given = new Set<Name>()
  const problems: Problem[] = []
  for (const name of names) {
    const { kind, default: fallback, secret } = setting(name)
    const text = env[name]?.trim() || undefined
    if (text !== undefined) given.add(name)
    const chosen = text ?? fallback
    if (chosen === undefined) continue
    const result = read(kind, chosen, secret)
    if ('value' in result) values[name] = result.value
    else problems.push({ variable: name, message: result.message })
  }
  return { values: values as Values, given, problems: [...problems, ...misspelt(env)] }
}
