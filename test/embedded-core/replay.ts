import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { codeAt } from '../../src/embedded-core/totp/codes.js'
import type { CoreFetch } from '../../src/embedded-core/index.js'
import { decodeJwt, mismatches, show } from './matchers.js'
import { ROOT } from '../root.js'

export interface Scenario { name: string, core?: Record<string, string | number>, freshApp?: boolean, steps: Step[] }
export interface Request { method: string, path: string, query?: Record<string, string>, headers?: Record<string, string | null>, body?: unknown, rawBody?: string }
interface Response { status: number, contentType?: string, headers?: Record<string, string>, body?: unknown }
type Capture = Record<string, string>
export interface Step {
  name: string
  quirk?: string
  waitMs?: number
  align?: { periodSec: number, remainingSec: number }
  request: Request
  response: Response
  capture?: Capture
  parallel?: Array<{ times?: number, request: Request }>
  expect: Array<{ count: number, response: Response, capture?: Capture }>
}

type Vars = Record<string, unknown>

/** Where a scenario is replayed: nothing waits, the clock is moved instead. */
export interface Stage { base: string, fetch: CoreFetch, apiKey: string | undefined, now: () => number, wait: (ms: number) => void }

export function loadScenarios (): Scenario[] {
  const folder = new URL('test/embedded-core/vectors/', ROOT)
  return readdirSync(folder).sort().map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Scenario)
}

export function newVars (): Vars {
  return { run: randomBytes(4).toString('hex'), digits: String(2_000_000 + randomBytes(4).readUInt32BE() % 7_999_900) }
}

function evaluate (expression: string, vars: Vars, now: number): unknown {
  const [head = '', first = '', second, third] = expression.trim().split(':')
  const lookup = (name: string) => {
    if (!(name in vars)) throw new Error(`variable {{${name}}} has no value`)
    return vars[name]
  }
  const phone = () => `+1415${String(Number(vars.digits) + Number(first)).padStart(7, '0')}`
  switch (head) {
    case 'phone': return phone()
    case 'phone-typed': return phone().replace(/^\+1(\d{3})(\d{3})(\d{4})$/, '+1 ($1) $2-$3')
    case 'totp': return codeAt(lookup(first) as string, Number(second ?? 30), now + Number(third ?? 0) * Number(second ?? 30) * 1000)
    case 'now': return now + Number(first)
    case 'add': return lookup(first) as number + Number(second)
    case 'upper': return String(lookup(first)).toUpperCase()
    case 'repeat': return first.repeat(Number(second))
    case 'b64': return Buffer.from(String(lookup(first))).toString('base64')
    case 'b64url': return Buffer.from(String(lookup(first))).toString('base64url')
    case 'tamper': {
      const text = String(lookup(first))
      const index = text.length - 1 - Number(second ?? 2)
      return text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)
    }
    default: return lookup(head)
  }
}

function fill <T> (value: T, vars: Vars, now: number): T {
  const inside = (part: unknown): unknown => {
    if (typeof part === 'string') {
      const whole = /^\{\{([^{}]+)\}\}$/.exec(part)?.[1]
      return whole === undefined ? part.replace(/\{\{([^{}]+)\}\}/g, (_, expression: string) => String(evaluate(expression, vars, now))) : evaluate(whole, vars, now)
    }
    if (Array.isArray(part)) return part.map(inside)
    if (typeof part === 'object' && part !== null) return Object.fromEntries(Object.entries(part).map(([name, one]) => [String(inside(name)), inside(one)]))
    return part
  }
  return inside(value) as T
}

/** `a.b.0.c`; `#` decodes a JWT and goes on inside it. */
function pick (value: unknown, path: string): unknown {
  return path.split('#').reduce((part: unknown, names, index) => names.split('.').filter((name) => name !== '')
    .reduce((inner: unknown, name) => name === '$last' ? (inner as unknown[]).at(-1) : (inner as Vars | undefined)?.[name], index > 0 ? decodeJwt(part) : part), value)
}

interface Answer { status: number, contentType: string, headers: Record<string, string>, body: unknown }

async function send (request: Request, vars: Vars, stage: Stage): Promise<Answer> {
  const { method, path, query, headers: given, body, rawBody } = fill(request, vars, stage.now())
  const headers: Record<string, string> = {}
  if (stage.apiKey !== undefined) headers['api-key'] = stage.apiKey
  const text = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
  if (text !== undefined) headers['content-type'] = 'application/json; charset=utf-8'
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null) delete headers[name]
    else headers[name] = String(value)
  }
  const search = new URLSearchParams(query).toString()
  const response = await stage.fetch(`${stage.base}${path}${search === '' ? '' : `?${search}`}`, { method, headers, ...(text !== undefined && { body: text }) })
  const contentType = response.headers.get('content-type') ?? ''
  const answer = (await response.text()).replace(/\r?\n$/, '')
  return {
    status: response.status,
    contentType,
    headers: Object.fromEntries(response.headers as Headers),
    body: contentType.includes('json') ? JSON.parse(answer) : answer
  }
}

function compare (expected: Response, actual: Answer, now: number): string[] {
  if (expected.status !== actual.status) return [`status: expected ${expected.status}, got ${actual.status} ${show(actual.body)}`]
  const normal = (type: string) => type.toLowerCase().replace(/\s/g, '')
  if (expected.contentType !== undefined && normal(expected.contentType) !== normal(actual.contentType)) return [`content type: ${actual.contentType}`]
  return [
    ...Object.entries(expected.headers ?? {}).flatMap(([name, value]) => mismatches(value, actual.headers[name], now, name)),
    ...('body' in expected ? mismatches(expected.body, actual.body, now) : [])
  ]
}

function remember (capture: Capture | undefined, answer: Answer, vars: Vars): void {
  for (const [name, path] of Object.entries(capture ?? {})) vars[name] = pick(answer.body, path) ?? vars[name]
}

/** Returns what was wrong with a step. */
export async function replay (step: Step, vars: Vars, stage: Stage): Promise<string[]> {
  // A few milliseconds pass between any two: what came first must stay the older.
  stage.wait((step.waitMs ?? 0) + 5)
  if (step.align !== undefined) {
    const period = step.align.periodSec * 1000
    const left = period - stage.now() % period
    if (left < step.align.remainingSec * 1000) stage.wait(left + 50)
  }
  if (step.parallel === undefined) {
    const answer = await send(step.request, vars, stage)
    remember(step.capture, answer, vars)
    return compare(fill(step.response, vars, stage.now()), answer, stage.now())
  }
  const requests = step.parallel.flatMap(({ times, request }) => Array.from({ length: times ?? 1 }, () => request))
  const answers = await Promise.all(requests.map((request) => send(request, vars, stage)))
  const kinds = step.expect.map((kind) => ({ ...kind, seen: 0 }))
  const strangers = answers.filter((answer) => {
    const kind = kinds.find(({ response }) => compare(fill(response, vars, stage.now()), answer, stage.now()).length === 0)
    if (kind === undefined) return true
    if (kind.seen++ === 0) remember(kind.capture, answer, vars)
    return false
  })
  return [
    ...strangers.map((answer) => `fits none of the expected answers: ${answer.status} ${show(answer.body)}`),
    ...kinds.filter(({ seen, count }) => seen !== count).map(({ seen, count, response }) => `expected ${count} like ${show(response.body)}, got ${seen}`)
  ]
}
