import { decodeProtectedHeader } from 'jose'
import { memberOf, textOf } from '../../members.js'

type Payload = Record<string, unknown>

/** Clocks of providers may be a little ahead, in seconds. */
const TOLERANCE = 60
/** Google names the Android app that asked as `azp`, and the client that it asked for as `aud`. */
const NAMES_THE_APP = /^(?:https:\/\/)?accounts\.google\.com$/

/** Compares issuers. Google's tokens may omit the scheme. */
function isSameIssuer (issuer: string, claimed: string): boolean {
  const bare = (value: string): string => value.replace(/^https:\/\//, '')
  return bare(issuer) === bare(claimed)
}

/**
 * The issuer that a token must name. Microsoft's document for all tenants has a placeholder, which stands for the
 * token's own tenant.
 */
function expectedIssuer (issuer: string, payload: Payload): string | undefined {
  let isComplete = true
  const expected = issuer.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const value = textOf(payload, name.toLowerCase() === 'tenantid' ? 'tid' : name)
    isComplete &&= value !== undefined && /^[\w.-]+$/.test(value)
    return value ?? ''
  })
  return isComplete ? expected : undefined
}

function problemOfIssuer (payload: Payload, issuer: string | undefined): string | undefined {
  const claimed = textOf(payload, 'iss')
  if (claimed === undefined) return 'no iss'
  if (issuer === undefined) return undefined
  const expected = expectedIssuer(issuer, payload)
  return expected !== undefined && isSameIssuer(expected, claimed) ? undefined : 'another iss'
}

/** A token for several clients must name the one that asked for it, and that must be us (3.1.3.7, 4 and 5). */
function problemOfParty (payload: Payload, clientId: string): string | undefined {
  const audience = [memberOf(payload, 'aud')].flat()
  const party = memberOf(payload, 'azp')
  if (audience.length > 1) return party === clientId ? undefined : 'several aud without our azp'
  return party === undefined || party === clientId || NAMES_THE_APP.test(textOf(payload, 'iss') ?? '') ? undefined : 'another azp'
}

function problemOfTimes (payload: Payload, now: number): string | undefined {
  const [exp, iat, nbf] = [memberOf(payload, 'exp'), memberOf(payload, 'iat'), memberOf(payload, 'nbf')]
  if (typeof exp !== 'number' || !(exp > now - TOLERANCE)) return 'no exp, or a past one'
  if (typeof iat !== 'number' || !(iat <= now + TOLERANCE)) return 'no iat, or a future one'
  return nbf === undefined || (typeof nbf === 'number' && nbf <= now + TOLERANCE) ? undefined : 'a future nbf'
}

/**
 * What is wrong with the claims of an ID token (OpenID Connect Core 2 and 3.1.3.7); undefined if nothing is. The SDK has
 * checked the signature and that we are among the audience, and claims only as far as they are there.
 *
 * @param issuer from the provider's discovery document; undefined if there is none
 */
export function idTokenProblem (payload: Payload, { issuer, clientId }: { issuer: string | undefined, clientId: string }): string | undefined {
  if (textOf(payload, 'sub') === undefined) return 'no sub'
  return problemOfIssuer(payload, issuer) ?? problemOfParty(payload, clientId) ?? problemOfTimes(payload, Date.now() / 1000)
}

/**
 * Whether a token says that it is of another kind. Providers sign access and logout tokens with the same keys, and those
 * name a user and an audience too (RFC 8725 3.11).
 */
export function isOfAnotherKind (token: string): boolean {
  try {
    return /\+jwt$/i.test(String(decodeProtectedHeader(token).typ ?? ''))
  } catch {
    // Not a token at all: the SDK refuses it.
    return false
  }
}
