import type { Json, JsonObject } from './json.js'
import { numberOf } from './numbers.js'

// The real Core reads JSON with Gson's lenient parser, so clients other than the SDK may send what JSON.parse refuses:
// `{a:1}`, `{'a'='b'; c=>1}`, comments, `[1,,2]`. This parser takes what that one takes, and no more.

/** Gson's limit, so that neither parser nor writer runs out of stack. */
const MAX_DEPTH = 255
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** A name or value without quotes. Keywords and numbers are such values too. */
const LITERAL = /[^/\\;#={}[\]:, \t\f\r\n]+/y
/** What ends a part of a quoted text, by its quote. */
const ENDS = { '"': /["\\]/g, '\'': /['\\]/g }
const KEYWORDS = new Map<string, Json>([['true', true], ['false', false], ['null', null]])
const ESCAPES: Record<string, string> = { t: '\t', b: '\b', n: '\n', r: '\r', f: '\f' }

/** @throws SyntaxError */
export function parseJson (text: string): Json {
  let at = text.startsWith('\ufeff') ? 1 : 0
  const fail = (): never => { throw new SyntaxError(`Unexpected input at ${at}`) }
  const taken = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }

  /** Moves to the next character that means something, and returns it; undefined at the end. */
  function next (): string | undefined {
    for (;;) {
      const char = text[at]
      if (char === ' ' || char === '\n' || char === '\r' || char === '\t') at++
      else if (char === '#' || (char === '/' && text[at + 1] === '/')) at = after(/[\r\n]|$/g)
      else if (char === '/' && text[at + 1] === '*') at = after(/\*\//g, at + 2)
      else return char
    }
  }

  function after (pattern: RegExp, from = at): number {
    pattern.lastIndex = from
    return pattern.test(text) ? pattern.lastIndex : fail()
  }

  function quoted (quote: '"' | '\''): string {
    const end = ENDS[quote]
    let result = ''
    for (let from = ++at; ;) {
      end.lastIndex = at
      const stop = end.exec(text)?.index ?? fail()
      result += text.slice(from, stop)
      at = stop + 1
      if (text[stop] === quote) return result
      result += escaped()
      from = at
    }
  }

  function escaped (): string {
    const char = text[at++] ?? fail()
    if (char === 'u') return String.fromCharCode(parseInt(taken(/[0-9a-fA-F]{4}/y) ?? fail(), 16))
    return ESCAPES[char] ?? ('\n\'"\\/'.includes(char) ? char : fail())
  }

  function value (depth: number): Json {
    const char = next() ?? fail()
    if (char === '"' || char === '\'') return quoted(char)
    if ((char === '{' || char === '[') && depth === MAX_DEPTH) fail()
    if (char === '{') return object(depth + 1)
    if (char === '[') return array(depth + 1)
    const literal = taken(LITERAL) ?? fail()
    const keyword = KEYWORDS.get(literal.toLowerCase())
    if (keyword !== undefined) return keyword
    NUMBER.lastIndex = 0
    return NUMBER.exec(literal)?.[0] === literal ? numberOf(literal) : literal
  }

  function ended (bracket: string): boolean {
    if (next() !== bracket) return false
    at++
    return true
  }

  function array (depth: number): Json[] {
    const result: Json[] = []
    at++
    if (ended(']')) return result
    for (;;) {
      const char = next()
      // A missing element counts as null, also after the last comma.
      result.push(char === ',' || char === ';' || char === ']' ? null : value(depth))
      const end = next()
      at++
      if (end === ']') return result
      if (end !== ',' && end !== ';') fail()
    }
  }

  function object (depth: number): JsonObject {
    // Defined as entries, not assigned, so that "__proto__" is a field like any other.
    const fields: Array<[string, Json]> = []
    at++
    if (ended('}')) return {}
    for (;;) {
      const char = next()
      const name = char === '"' || char === '\'' ? quoted(char) : taken(LITERAL) ?? fail()
      const colon = next()
      at++
      if (colon === '=') at += text[at] === '>' ? 1 : 0
      else if (colon !== ':') fail()
      fields.push([name, value(depth)])
      const end = next()
      at++
      if (end === '}') return Object.fromEntries(fields)
      if (end !== ',' && end !== ';') fail()
    }
  }

  next()
  if (text.startsWith(')]}\'\n', at)) at += 5
  const result = value(0)
  if (next() !== undefined) fail()
  return result
}
