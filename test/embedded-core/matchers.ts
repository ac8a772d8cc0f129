import { createPublicKey, verify, type JsonWebKey } from 'node:crypto'

type Dictionary = Record<string, unknown>

const FORMS: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  jwt: /^[\w-]+\.[\w-]+\.[\w-]+$/,
  hex: /^[0-9a-f]+$/,
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  base64url: /^[\w-]+={0,2}$/,
  base32: /^[A-Z2-7]+=*$/,
  digits: /^[0-9]+$/,
  string: /^[^]+$/
}
const TOLERANCE = 20_000

export const show = (value: unknown): string => (JSON.stringify(value) ?? '(absent)').slice(0, 300)
const isDictionary = (value: unknown): value is Dictionary => typeof value === 'object' && value !== null && !Array.isArray(value)

export function decodeJwt (token: unknown): { header: Dictionary, payload: Dictionary } | undefined {
  const parts = typeof token === 'string' ? token.split('.') : []
  if (parts.length !== 3) return undefined
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  return { header: decode(parts[0] as string), payload: decode(parts[1] as string) }
}

function fits (matcher: string, actual: unknown, now: number): boolean {
  const [, kind, offset, argument] = /^<([a-z0-9-]+)([+-]\d+)?(?::([^]*))?>$/.exec(matcher) ?? []
  const integer = Number.isInteger(actual)
  const near = (value: unknown, target: number) => Number.isInteger(value) && Math.abs(value as number - target) <= TOLERANCE
  switch (kind) {
    case undefined: return matcher === actual
    case 'any': return actual !== undefined
    case 'int': return integer
    case 'number': return typeof actual === 'number'
    case 'boolean': return typeof actual === 'boolean'
    case 'timestamp-ms': return integer && actual as number > 1e12 && actual as number < 1e13
    case 'now-ms': return near(actual, now + Number(offset ?? 0))
    case 'now-s': return integer && near((actual as number) * 1000, now + Number(offset ?? 0) * 1000)
    case 'regex': return typeof actual === 'string' && new RegExp(argument as string).test(actual)
    default: {
      const form = FORMS[kind]
      if (form === undefined) return matcher === actual
      return typeof actual === 'string' && form.test(actual) && (argument === undefined || actual.length === Number(argument))
    }
  }
}

/** What is wrong with a value, by what the vectors say of it; an empty list if nothing. */
export function mismatches (expected: unknown, actual: unknown, now: number, path = 'body'): string[] {
  const wrong = (what: string) => [`${path}: expected ${what}, got ${show(actual)}`]
  const inside = (part: unknown, value: unknown, at: string) => mismatches(part, value, now, at)
  if (typeof expected === 'string') return fits(expected, actual, now) ? [] : wrong(expected)
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return wrong(show(expected))
    return expected.flatMap((part, index) => inside(part, actual[index], `${path}[${index}]`))
  }
  if (!isDictionary(expected)) return expected === actual ? [] : wrong(show(expected))

  if ('$any' in expected) return actual === undefined ? wrong('anything') : []
  if ('$anyOf' in expected) return (expected.$anyOf as unknown[]).some((one) => inside(one, actual, path).length === 0) ? [] : wrong(show(expected))
  if ('$len' in expected) return (actual as { length?: number }).length === expected.$len ? [] : wrong(`length ${String(expected.$len)}`)
  if ('$json' in expected) return inside(expected.$json, JSON.parse(actual as string), path)
  if ('$jwt' in expected) return jwtMismatches(expected.$jwt as Dictionary, actual, now, path)
  const list = (expected.$unordered ?? expected.$contains) as unknown[] | undefined
  if (list !== undefined) {
    if (!Array.isArray(actual) || ('$unordered' in expected && actual.length !== list.length)) return wrong(show(expected))
    const rest = [...actual]
    return list.flatMap((one) => {
      const index = rest.findIndex((candidate) => inside(one, candidate, path).length === 0)
      return index < 0 ? wrong(`an element like ${show(one)}`) : (rest.splice(index, 1), [])
    })
  }

  if (!isDictionary(actual)) return wrong(show(expected))
  const found = Object.entries(expected).flatMap(([name, part]) => {
    const optional = isDictionary(part) && '$optional' in part
    if (optional && actual[name] === undefined) return []
    return inside(optional ? part.$optional : part, actual[name], `${path}.${name}`)
  })
  const extra = Object.keys(actual).filter((name) => !(name in expected)).map((name) => `${path}.${name}: unexpected ${show(actual[name])}`)
  return [...found, ...extra]
}

function jwtMismatches ({ signedBy, ...parts }: Dictionary, token: unknown, now: number, path: string): string[] {
  const decoded = decodeJwt(token)
  if (decoded === undefined) return [`${path}: expected a JWT, got ${show(token)}`]
  const keys = signedBy as Array<JsonWebKey & { kid: string }> | undefined
  const key = keys?.find((candidate) => candidate.kid === decoded.header.kid)
  const [signed, signature] = [(token as string).replace(/\.[^.]*$/, ''), (token as string).split('.')[2] as string]
  if (keys !== undefined && (key === undefined ||
    !verify('sha256', Buffer.from(signed), createPublicKey({ key, format: 'jwk' }), Buffer.from(signature, 'base64url')))) {
    return [`${path}: not signed by one of the known keys`]
  }
  return mismatches(parts, decoded, now, `${path}#`)
}
