import { nearest } from '../config/near.js'
import { memberOf } from '../members.js'
import { durationProblem } from '../options/seconds.js'

/** What a route, or a service that only verifies tokens, can ask of a session beside the second factor. */
export interface DemandOptions {
  /** Maximum age of the second factor: seconds, or a text such as `5m`. @default no limit */
  maxAge?: number | string
  /** Ids of the factors that count, any of them, such as `['passkey']`. @default all */
  factors?: readonly string[]
  /** Whether a browser that is known will do instead, where `knownBrowsers` is on. @default false */
  acceptKnownBrowser?: boolean
  /** Roles that the user must have, all of them. @default none */
  roles?: readonly string[]
  /** Permissions that the user's roles must grant, all of them. @default none */
  permissions?: readonly string[]
}

function listProblem (value: unknown): string | undefined {
  const valid = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
  return valid ? undefined : 'it must be a list of names'
}

/** What is wrong with the value of each option. Undefined is: less would be asked for than was meant. */
export const DEMAND_OPTIONS: Record<keyof DemandOptions, (value: unknown) => string | undefined> = {
  maxAge: durationProblem,
  factors: listProblem,
  acceptKnownBrowser: (value) => typeof value === 'boolean' ? undefined : 'it must be true or false',
  roles: listProblem,
  permissions: listProblem
}

/** What is wrong with options whose names and values are checked by a table: unknown names, and values. */
export function * namedProblems (table: Record<string, (value: unknown) => string | undefined>, options: object, label: string): Generator<string> {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(table, name)) {
      const meant = nearest(name, Object.keys(table))
      yield `${label}${name} is not an option.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`
      continue
    }
    const problem = table[name]!(value)
    if (problem !== undefined) yield `${label}${name}: ${problem}`
  }
}

/** What is wrong with a demand. */
export function * demandProblems (demand: object, label: string): Generator<string> {
  if (memberOf(demand, 'acceptKnownBrowser') === true && 'factors' in demand) {
    yield `${label}acceptKnownBrowser: a known browser is none of the factors that the route names. Remove one of the two`
  }
  yield * namedProblems(DEMAND_OPTIONS, demand, label)
}
