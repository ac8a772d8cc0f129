import type { FastifyRequest } from 'fastify'
import { MOST_IN_PAGE } from '../../src/admin/core-calls.js'
import { BodyInvalid, NotFound, UserUnknown } from '../../src/errors.js'
import { isDuration } from '../../src/options/duration.js'

/** What a field may be. */
interface Kind {
  type: 'string' | 'duration' | 'boolean' | 'strings'
  /** @default false */
  isNeeded?: boolean
}

export type Fields = Readonly<Record<string, Kind>>

const IN_CHARACTERS = 1024
/** Roles at a time. */
const MOST_STRINGS = 50

const isText = (value: unknown, most = IN_CHARACTERS): value is string => typeof value === 'string' && value.trim() !== '' && value.length <= most && !/\p{Cc}/u.test(value)

const TESTS: Record<Kind['type'], [test: (value: unknown) => boolean, shape: string]> = {
  string: [(value) => isText(value), 'text on a single line'],
  duration: [(value) => value === 0 || (typeof value !== 'object' && isDuration(value)), 'a number of seconds, or a time such as 90s, 30m, 24h or 2d'],
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  strings: [(value) => Array.isArray(value) && value.length <= MOST_STRINGS && value.every((one) => isText(one)), `a list of at most ${MOST_STRINGS} texts`]
}

/** Nothing that is misspelt is silently left out: a change would then do something else than was meant. */
function requireKnown (given: object, fields: Fields, what: string): void {
  if (Object.keys(given).some((name) => !Object.hasOwn(fields, name))) throw new BodyInvalid(`There is no such ${what}. Known here: ${Object.keys(fields).join(', ') || 'none'}`)
}

/** Who and why. The actor is written as `key:<name> for <this>`. */
const BECAUSE: Fields = { reason: { type: 'string', isNeeded: true }, onBehalfOf: { type: 'string' } }

/** Reads the body of a change. It always has a reason. */
export function bodyOf (body: unknown, own: Fields): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new BodyInvalid('Send a JSON object with a reason')
  const fields = { ...own, ...BECAUSE }
  requireKnown(body, fields, 'field')
  const given = new Map<string, unknown>(Object.entries(body))
  for (const [name, { type, isNeeded = false }] of Object.entries(fields)) {
    const value = given.get(name)
    if (value === undefined ? isNeeded : !TESTS[type][0](value)) throw new BodyInvalid(`${name} must be ${TESTS[type][1]}`)
  }
  if (!isText(given.get('reason'), 512)) throw new BodyInvalid('reason must have at most 512 characters')
  if (given.has('onBehalfOf') && !isText(given.get('onBehalfOf'), 56)) throw new BodyInvalid('onBehalfOf must have at most 56 characters')
  return Object.fromEntries(given)
}

/** Reads a query. A key of the API does not belong there: addresses are written down everywhere. */
export function queryOf (query: unknown, fields: Fields): Readonly<Record<string, string | undefined>> {
  const given = query as Record<string, unknown>
  requireKnown(given, fields, 'parameter')
  if (Object.values(given).some((value) => typeof value !== 'string' || !isText(value))) throw new BodyInvalid('Send each parameter once, as text on a single line')
  return given as Record<string, string>
}

/** One segment of a path, whatever the Core calls its users. */
const ID = /^(?!\.{1,2}$)[^/\\\s\p{Cc}]{1,128}$/u

/** @throws AUTH_USER_UNKNOWN for what nobody's id can be */
export function idOf ({ params }: FastifyRequest): string {
  const { id = '' } = params as { id?: string }
  if (!ID.test(id)) throw new UserUnknown()
  return id
}

/** @throws AUTH_NOT_FOUND for what no session can be called */
export function handleOf ({ params }: FastifyRequest): string {
  const { handle = '' } = params as { handle?: string }
  if (!ID.test(handle)) throw new NotFound()
  return handle
}

/** One of a few words; undefined if none is given. */
export function choiceIn<const Choice extends string> (name: string, choices: readonly Choice[], text: string | undefined): Choice | undefined {
  const found = choices.find((choice) => choice === text)
  if (text !== undefined && found === undefined) throw new BodyInvalid(`${name} must be one of ${choices.join(', ')}`)
  return found
}

/** How many people a page may have. */
export function limitIn (text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MOST_IN_PAGE) throw new BodyInvalid(`limit must be a whole number from 1 to ${MOST_IN_PAGE}`)
  return limit
}
