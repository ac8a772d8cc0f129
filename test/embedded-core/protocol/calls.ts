import fc from 'fast-check'
import type { Target } from './context.js'
import type { Fields, Value } from './reader.js'
import { RULES } from './rules.js'

/** One call, valid or not, in any of the spellings that the real Core takes. */
export interface Call {
  rule: string
  method: string
  prefix: string
  spelling: string
  apiKey: 'right' | 'wrong' | 'none'
  version: string
  syntax: string
  fields: Fields
}

/** What can stand before a path, and the app and tenant that it means. */
export const PREFIXES: Record<string, Target> = {
  '': { app: 'public', tenant: 'public' },
  '/public': { app: 'public', tenant: 'public' },
  '/ta': { app: 'public', tenant: 'ta' },
  '/TB': { app: 'public', tenant: 'tb' },
  '/nowhere': { app: 'public', tenant: 'nowhere' },
  '/appid-': { app: 'public', tenant: 'public' },
  '/appid-public/ta': { app: 'public', tenant: 'ta' },
  '/appid-a1': { app: 'a1', tenant: 'public' },
  '/appid-A1/ta': { app: 'a1', tenant: 'ta' },
  '/appid-a1/nowhere': { app: 'a1', tenant: 'nowhere' },
  '/appid-none': { app: 'none', tenant: 'public' },
  '/appid-none/ta': { app: 'none', tenant: 'ta' }
}

export const SPELLINGS: Record<string, (path: string) => string> = {
  plain: (path) => path,
  slash: (path) => `${path}/`,
  upper: (path) => path.toUpperCase(),
  doubled: (path) => path.replaceAll('/', '//'),
  encoded: (path) => path.replace(/[a-z](?=[^/]*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  parameter: (path) => `${path};a=b`,
  dots: (path) => `/.${path}/x/..`
}

/** Gson reads all of these. */
export const SYNTAXES: Record<string, (fields: Fields) => string> = {
  strict: (fields) => JSON.stringify(fields),
  lenient: (fields) => `)]}'\n${lenient(fields)} // the end`,
  text: () => 'text',
  list: (fields) => JSON.stringify([fields]),
  cut: (fields) => JSON.stringify(fields).slice(0, -1),
  more: (fields) => `${JSON.stringify(fields)}{}`,
  empty: () => ''
}
export const isObjectIn = (syntax: string): boolean => syntax === 'strict' || syntax === 'lenient'

function lenient (value: Value): string {
  if (typeof value === 'string') return `'${JSON.stringify(value).slice(1, -1).replaceAll('\'', '\\\'')}'`
  if (Array.isArray(value)) return `[${value.map(lenient).join(';')}]`
  if (typeof value !== 'object' || value === null) return String(value).toUpperCase()
  return `{ ${Object.entries(value).map(([name, one]) => `${name} => ${lenient(one)}`).join(' ; # next\n')} }`
}

const BAD: Value[] = [null, 5, 1.5, 2 ** 31, true, {}, [], '', [''], [[true]], [['text']], ['a', 'b'], { a: 'text' }]
const weighted = <T>(...choices: Array<[weight: number, value: T]>) => fc.oneof(...choices.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))

const PLAIN = { prefix: '', spelling: 'plain', apiKey: 'right', version: '5.4', syntax: 'strict' } as const

const present = (fields: Record<string, Value | undefined>): Fields =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Value] => entry[1] !== undefined))

const goodFor = (good: Value[]) => fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constant(undefined) })

function badFor (good: Value[], isQuery: boolean): fc.Arbitrary<Value | undefined> {
  if (isQuery) return fc.constantFrom('', undefined)
  return fc.oneof(fc.constant(undefined), fc.constantFrom(...BAD), fc.constantFrom(...good).map((value) => [value] as Value))
}

function fieldsOf (rule: string): Array<[name: string, good: Value[]]> {
  return Object.entries(RULES[rule]?.fields ?? {})
}

/** One field is wrong, or none: what is wrong first must not hide what comes after. */
function oneWrong (rule: string): fc.Arbitrary<Call> {
  const [method] = rule.split(' ') as [string]
  const names = fieldsOf(rule)
  return fc.record({
    fields: fc.record(Object.fromEntries(names.map(([name, good]) => [name, goodFor(good)]))),
    wrong: names.length === 0 ? fc.constant({}) : fc.oneof(fc.constant({}), fc.constantFrom(...names).chain(([name, good]) => fc.record({ [name]: badFor(good, method === 'GET') })))
  }).map(({ fields, wrong }) => ({ ...PLAIN, rule, method, fields: present({ ...fields, ...wrong }) }))
}

/** Anything may be wrong, or said in another way. */
function anyWrong (rule: string): fc.Arbitrary<Call> {
  const [method] = rule.split(' ') as [string]
  const isKnown = (other: string) => RULES[rule.replace(method, other)] !== undefined || rule.includes(' /recipe/user ')
  return fc.record({
    rule: fc.constant(rule),
    method: weighted([60, method], [1, 'DELETE'], [1, method === 'GET' ? 'PUT' : 'GET']).map((one) => isKnown(one) ? method : one),
    prefix: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom(...Object.keys(PREFIXES)) }),
    spelling: fc.oneof({ weight: 3, arbitrary: fc.constant('plain') }, { weight: 1, arbitrary: fc.constantFrom(...Object.keys(SPELLINGS)) }),
    apiKey: weighted<Call['apiKey']>([60, 'right'], [1, 'wrong'], [1, 'none']),
    version: weighted([40, '5.4'], [10, ''], [10, '5.1'], [1, '9.9'], [1, '4.0']),
    syntax: fc.oneof({ weight: 30, arbitrary: weighted([2, 'strict'], [1, 'lenient']) }, { weight: 1, arbitrary: fc.constantFrom(...Object.keys(SYNTAXES)) }),
    fields: fc.record(Object.fromEntries(fieldsOf(rule).map(([name, good]) =>
      [name, fc.oneof({ weight: 12, arbitrary: goodFor(good) }, { weight: 1, arbitrary: badFor(good, method === 'GET') })]))).map(present)
  })
}

/** More calls for more fields. */
export function runsFor (rule: string, each: number): number {
  return each * (1 + fieldsOf(rule).length)
}

export function callsOf (rule: string): fc.Arbitrary<Call> {
  return fc.oneof(oneWrong(rule), anyWrong(rule))
}
