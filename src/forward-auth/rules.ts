import { didYouMean } from '../config/near.js'
import { isDuration } from '../options/duration.js'
import type { DemandOptions } from '../session/demand-options.js'
import type { Factor } from '../second-factor/factor.js'
import { acrOf } from '../second-factor/passed.js'

/** What a route behind the proxy asks for, as the proxy's operator wrote it. */
export interface ForwardRules {
  secondFactor: DemandOptions
  /** Whether requests without a session pass, as nobody's. */
  optional: boolean
  /** Whom the assertion is for. @default the origin of the original address */
  audience: string | undefined
}

/** What is wrong with a text; the operator finds it in the log. */
export interface WrongRules {
  problem: string
}

/** As many texts as operators write by far. Where a visitor's came in by a mistake, they must not fill the memory. */
const MOST_KNOWN = 500
const LONGEST = 2048

const listIn = (text: string): string[] => text.split(',').map((name) => name.trim())
const isList = (text: string): boolean => listIn(text).every((name) => name !== '')
const isFlag = (text: string): boolean => text === 'true' || text === 'false'

/** The parameters, each with what its text has to be. */
const PARAMETERS: Record<string, { fits (text: string): boolean, shape: string }> = {
  maxAge: { fits: isDuration, shape: 'a time such as 5m' },
  factors: { fits: isList, shape: 'names such as totp,passkey' },
  acr: { fits: isList, shape: 'values such as urn:fastify-2fa:passkey' },
  acceptKnownBrowser: { fits: isFlag, shape: 'true or false' },
  roles: { fits: isList, shape: 'names such as admin,editor' },
  permissions: { fits: isList, shape: 'names such as orders:read' },
  optional: { fits: isFlag, shape: 'true or false' },
  audience: { fits: (text) => /^[\x21-\x7e]{1,255}$/.test(text), shape: 'a plain text without spaces' }
}

const wrong = (problem: string): WrongRules => ({ problem })

function valuesIn (text: string): Map<string, string> | WrongRules {
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (!Object.hasOwn(PARAMETERS, name)) return wrong(`there is no parameter "${name.slice(0, 60)}".${didYouMean(name, Object.keys(PARAMETERS))}`)
    // Which of two would count is a guess.
    if (values.has(name)) return wrong(`${name} is there twice`)
    const { fits, shape } = PARAMETERS[name]!
    if (!fits(value)) return wrong(`${name} must be ${shape}`)
    values.set(name, value)
  }
  return values
}

/** Ids of the factors that are named, by id or by `acr` value (RFC 9470). */
function factorsIn (values: ReadonlyMap<string, string>, factors: readonly Factor[]): string[] | undefined | WrongRules {
  const [ids, acrs] = [values.get('factors'), values.get('acr')]
  if (ids !== undefined && acrs !== undefined) return wrong('factors and acr say the same; keep one of them')
  const names = ids ?? acrs
  if (names === undefined) return undefined
  const nameOf = ids === undefined ? acrOf : ({ id }: Factor) => id
  const found = listIn(names).map((name) => factors.find((factor) => nameOf(factor) === name)?.id ?? wrong(`there is no factor "${name.slice(0, 60)}" in secondFactors, only ${factors.map(nameOf).join(', ')}`))
  return found.find((one) => typeof one !== 'string') ?? found as string[]
}

function read (text: string, factors: readonly Factor[]): ForwardRules | WrongRules {
  if (text.length > LONGEST) return wrong('it is too long')
  const values = valuesIn(text)
  if ('problem' in values) return values
  const named = factorsIn(values, factors)
  if (named !== undefined && 'problem' in named) return named
  const acceptKnownBrowser = values.get('acceptKnownBrowser') === 'true'
  if (acceptKnownBrowser && named !== undefined) return wrong('a known browser is none of the factors that are named')
  const [maxAge, roles, permissions] = [values.get('maxAge'), values.get('roles'), values.get('permissions')]
  return {
    secondFactor: {
      ...(maxAge !== undefined && { maxAge }),
      ...(named && { factors: named }),
      ...(acceptKnownBrowser && { acceptKnownBrowser }),
      ...(roles !== undefined && { roles: listIn(roles) }),
      ...(permissions !== undefined && { permissions: listIn(permissions) })
    },
    optional: values.get('optional') === 'true',
    audience: values.get('audience')
  }
}

/** What makes rules ask for less, or for somebody else. Where a query is added to the operator's, one of these is enough. */
const LOOSENING = ['optional', 'acceptKnownBrowser', 'audience']

/**
 * Whether rules may be the visitor's own query, or have something of it: Caddy's `uri` without a `?`, and nginx' `$args`, send
 * it along, and `?optional=true` would open every route.
 *
 * @param uri that the visitor asked for
 */
export function isVisitorsOwn (text: string, uri: string): boolean {
  const at = uri.indexOf('?')
  if (text === '' || at === -1) return false
  const visitors = new URLSearchParams(uri.slice(at + 1))
  const pairs = [...new URLSearchParams(text)].map(([name, value]) => ({ loosens: LOOSENING.includes(name), isTheirs: visitors.getAll(name).includes(value) }))
  return pairs.every(({ isTheirs }) => isTheirs) || pairs.some(({ loosens, isTheirs }) => loosens && isTheirs)
}

/**
 * Reads rules in the form of a query, such as `maxAge=5m&roles=admin`. What is unknown, misspelt, empty or there twice makes
 * all of them invalid: a rule that is dropped would ask for less. The same text gives the same object.
 */
export function createRulesReader (factors: readonly Factor[]): (text: string) => ForwardRules | WrongRules {
  const known = new Map<string, ForwardRules | WrongRules>()
  return function rulesOf (text) {
    const found = known.get(text)
    if (found !== undefined) return found
    const rules = read(text, factors)
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(text, rules)
    return rules
  }
}
