import { didYouMean } from '../../config/near.js'
import { OptionsInvalid } from '../../errors.js'
import type { AttackSuiteOptions } from './types.js'

const OPTIONS = ['routes', 'sessions', 'isRefusal', 'signUp', 'only', 'patience', 'test']
const EXPECTATIONS = ['access', 'maxAge', 'roles', 'permissions', 'sample', 'skip']
const ACCESS = ['second-factor', 'first-factor', 'public']
const SESSIONS = ['cookie', 'header']

function requireKnown (place: string, names: Iterable<string>, known: readonly string[]): void {
  for (const name of names) {
    if (!known.includes(name)) throw new OptionsInvalid(`attackSuite: ${place}: there is no "${name}".${didYouMean(name, known)}`)
  }
}

/**
 * Checks what JavaScript lets one write: what is misspelt would leave a route out.
 *
 * @throws AUTH_OPTIONS_INVALID
 */
export function checkOptions (options: AttackSuiteOptions, routes: readonly string[], attacks: readonly string[]): void {
  requireKnown('options', Object.keys(options), OPTIONS)
  requireKnown('sessions', options.sessions ?? [], SESSIONS)
  requireKnown('only', options.only ?? [], attacks)
  if (options.only?.length === 0) throw new OptionsInvalid('attackSuite: only names no attack')
  requireKnown('routes', Object.keys(options.routes ?? {}), routes)
  for (const [name, expected] of Object.entries(options.routes ?? {})) {
    requireKnown(`routes: ${name}`, Object.keys(expected), EXPECTATIONS)
    if (expected.access !== undefined) requireKnown(`routes: ${name}: access`, [expected.access], ACCESS)
    if (expected.skip === '') throw new OptionsInvalid(`attackSuite: routes: ${name}: skip needs a reason`)
  }
}
