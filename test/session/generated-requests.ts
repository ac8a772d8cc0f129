import fc from 'fast-check'
import { INTERESTING } from './tokens.js'

/** How the cookie header looks, around and about the token. */
const COOKIES: Record<string, (token: string, other: string) => string> = {
  plain: (token) => `sAccessToken=${token}`,
  first: (token) => `sAccessToken=${token}; theme=dark; _ga=GA1.2`,
  last: (token) => `theme=dark; _ga=GA1.2; sAccessToken=${token}`,
  tight: (token) => `a=1;sAccessToken=${token};b=2`,
  loose: (token) => `a=1;  sAccessToken = ${token} ; b=2`,
  quoted: (token) => `sAccessToken="${token}"`,
  json: (token) => `sAccessToken=j:${JSON.stringify(token)}`,
  encodedValue: (token) => `sAccessToken=${token.replace('e', '%65')}`,
  twice: (token) => `sAccessToken=${token}; sAccessToken=${token}`,
  planted: (token, other) => `sAccessToken=${other}; sAccessToken=${token}`,
  plantedAfter: (token, other) => `sAccessToken=${token}; sAccessToken=${other}`,
  plantedEncoded: (token, other) => `sAccessToken=${token}; sAccess%54oken=${other}`,
  plantedEncodedBefore: (token, other) => `sAccess%54oken=${other}; sAccessToken=${token}`,
  plantedEncodedValueless: (token) => `a=%20; sAccessToken=${token}; sAccess%54oken; b=1`,
  nameOnly: (token) => `sAccessToken; sAccessToken=${token}`,
  nameOnlyAfter: (token) => `sAccessToken=${token}; sAccessToken`,
  longerName: (token, other) => `xsAccessToken=${other}; sAccessToken=${token}`,
  longerNameAlone: (token) => `xsAccessToken=${token}`,
  spacedName: (token) => `x sAccessToken=${token}`,
  inValue: (token, other) => `a=sAccessToken=${other}; sAccessToken=${token}`,
  encodedOthers: (token) => `c=%7B%22a%22%3A1%7D; sAccessToken=${token}; d=%20%21; e=1`,
  badEncoding: (token) => `%zz=1; sAccessToken=${token}`,
  legacy: (token) => `sAccessToken=${token}; sIdRefreshToken=1`,
  legacyBefore: (token) => `sIdRefreshToken=; sAccessToken=${token}`,
  legacyInValue: (token) => `a=sIdRefreshToken; sAccessToken=${token}`,
  upperCase: (token) => `SACCESSTOKEN=${token}`,
  otherOnly: () => 'theme=dark',
  nothing: () => ''
}

const AUTHORIZATION: Record<string, (token: string) => string> = {
  bearer: (token) => `Bearer ${token}`,
  lowerCase: (token) => `bearer ${token}`,
  twoSpaces: (token) => `Bearer  ${token}`,
  doubled: (token) => `Bearer Bearer ${token}`,
  basic: () => 'Basic dXNlcjpwYXNz',
  bare: (token) => token
}

/** OPTIONS and TRACE are no loophole with us: they are held to what the SDK asks of PUT. */
const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'] as const
const OFFSETS = [0, 0, 9_999, 10_000, 10_400, 10_600, 20_000, 50_000, 70_000, 320_000, 3_000_000]

/** A request: which tokens it carries, how, and when. `Kind` is the route. */
export interface Generated<Kind extends string> {
  kind: Kind
  method: typeof METHODS[number]
  cookie: { layout: string, token: string, other: string } | null
  bearer: { layout: string, token: string } | null
  rid: string | undefined
  antiCsrf: string | undefined
  origin: string | undefined
  offset: number
}

/**
 * Requests with any of these tokens for any of these routes: `anything`, and `known` ones, whose token is known from a moment
 * before, in every way in which the request may carry it now.
 */
export function generatedRequests<Kind extends string> (tokens: Record<string, string>, kinds: readonly Kind[]) {
  const headerFields = {
    rid: fc.constantFrom(undefined, undefined, 'anti-csrf', ''),
    antiCsrf: fc.constantFrom(undefined, 'right', 'right', 'wrong', ' right'),
    origin: fc.constantFrom(undefined, 'http://localhost:3001', 'https://www.example.com', 'https://evil.example'),
    kind: fc.constantFrom(...kinds),
    method: fc.constantFrom(...METHODS),
    offset: fc.constantFrom(...OFFSETS)
  }
  // Half of all tokens are good ones: else nearly everything would be refused before it becomes interesting.
  const token = fc.oneof(fc.constant('good'), fc.constantFrom(...Object.keys(tokens)))
  const interesting = fc.constantFrom(...INTERESTING)

  const anything: fc.Arbitrary<Generated<Kind>> = fc.record({
    ...headerFields,
    cookie: fc.option(fc.record({
      layout: fc.oneof({ weight: 2, arbitrary: fc.constantFrom('plain', 'first', 'last') }, { weight: 3, arbitrary: fc.constantFrom(...Object.keys(COOKIES)) }),
      token,
      other: token
    }), { freq: 4 }),
    bearer: fc.option(fc.record({ layout: fc.oneof(fc.constant('bearer'), fc.constantFrom(...Object.keys(AUTHORIZATION))), token }), { freq: 2 })
  })
  const known: fc.Arbitrary<Generated<Kind> & { cookie: object }> = fc.record({
    ...headerFields,
    cookie: fc.record({ layout: fc.constantFrom('plain', 'legacy', 'encodedOthers'), token: interesting, other: fc.constant('good') }),
    bearer: fc.option(fc.record({ layout: fc.constant('bearer'), token: interesting }), { freq: 3 })
  })

  function headersOf ({ cookie, bearer, rid, antiCsrf, origin }: Generated<Kind>): Record<string, string> {
    return {
      ...(cookie !== null && { cookie: COOKIES[cookie.layout]!(tokens[cookie.token]!, tokens[cookie.other]!) }),
      ...(bearer !== null && { authorization: AUTHORIZATION[bearer.layout]!(tokens[bearer.token]!) }),
      ...(rid !== undefined && { rid }),
      ...(antiCsrf !== undefined && { 'anti-csrf': antiCsrf }),
      ...(origin !== undefined && { origin })
    }
  }

  return { anything, known, headersOf }
}
