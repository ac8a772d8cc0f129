import type { Kind } from './kinds.js'
import { nearest } from './near.js'
import type { Problem } from './problems.js'
import { type Name, names, setting, type Values } from './settings.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** The environment as read: values, which of them were given, and what is wrong. */
export interface Reading {
  /** Only to be trusted once there are no problems: a wrong text leaves its value out. */
  values: Values
  given: ReadonlySet<Name>
  problems: Problem[]
}

/** How a wrong text is shown: whole if it is short, by its length if it is a secret. */
function show (text: string, secret: boolean): string {
  if (secret) return `a text of ${text.length} characters (not shown)`
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

/** Reads one text, from the environment or from a flag of the command. */
export function read<Value> (kind: Kind<Value>, text: string, secret = false): { value: Value } | { message: string } {
  const parsed = kind.parse(text)
  if ('value' in parsed) return parsed
  return { message: [`expected ${kind.shape}; got ${show(text, secret)}.`, ...parsed.wrong].filter(Boolean).join(' ') }
}

/** Short names have innocent neighbours (`PORT0`, `PORTS`, `HOME`), so for them only the case may differ. */
const longNames = names.filter((name) => name.length > 5)

/** The setting that an unknown variable was meant to be: a name that people use for it, or one that is near. */
function meant (variable: string): string | undefined {
  return names.find((name) => setting(name).mistakenFor?.includes(variable) || name === variable.toUpperCase()) ?? nearest(variable, longNames)
}

/** Our own prefix: nobody else's variables start with it, so an unknown one is a mistake however far off. */
const OWN_PREFIX = 'EMBEDDED_CORE_'

function misspelt (env: Environment): Problem[] {
  const known = new Set<string>(names)
  return Object.keys(env).filter((variable) => env[variable] && !known.has(variable)).flatMap((variable) => {
    const name = meant(variable)
    if (name !== undefined) return [{ variable, message: `there is no such setting. Did you mean ${name}?` }]
    return variable.startsWith(OWN_PREFIX) ? [{ variable, message: `there is no such setting. There are ${names.filter((name) => name.startsWith(OWN_PREFIX)).join(', ')}.` }] : []
  })
}

/** Reads all settings. An empty text is the same as none, as compose files and shells leave them behind. */
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
