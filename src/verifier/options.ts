import { didYouMean } from '../config/near.js'
import { durationProblem, secondsOf } from '../options/seconds.js'
import { PHONE_VERIFIED_CLAIM, SECOND_FACTOR_CLAIM } from '../second-factor/demand.js'
import { DEMAND_OPTIONS, demandProblems, namedProblems, type DemandOptions } from '../session/demand-options.js'
import { STALE_MS } from '../session/key-store.js'
import type { Revocations } from './session.js'

export type Fetch = (input: string, init: RequestInit) => Promise<Response>

/** Options of {@link createVerifier}. What `DemandOptions` has holds for every request; adapters add to it. */
export interface VerifierOptions extends DemandOptions {
  /** Origin of the service, such as `https://auth.example.com`. One of this and `jwksUrl` is needed. */
  serviceUrl?: string
  /** Its `apiBasePath`. @default '/auth' */
  apiBasePath?: string
  /** Where the service's keys are, in full. @default `<serviceUrl><apiBasePath>/jwt/jwks.json` */
  jwksUrl?: string
  /**
   * Whether keys may be loaded over plain HTTP from another machine. Whoever can answer there can write tokens.
   * @default false: HTTPS, or a loopback address
   */
  allowPlainHttp?: boolean
  /** The `iss` that tokens must have (RFC 7519): `apiDomain` and `apiBasePath` of the service. @default any */
  issuer?: string
  /** The claim of the service's system: `phone-verified` with phone + password. @default '2fa-completed' */
  claim?: typeof SECOND_FACTOR_CLAIM | typeof PHONE_VERIFIED_CLAIM
  /** How tokens may travel, as the service's `tokenTransferMethod`. @default 'any' */
  tokenTransferMethod?: 'any' | 'cookie' | 'header'
  /**
   * How cookie sessions are protected against CSRF, as the service's `antiCsrf`. `SAME_SITE` is that of a service which has
   * none and whose websites are all on the API's site: its cookies are `SameSite=Lax`. Needed unless tokens travel in
   * headers only.
   */
  antiCsrf?: 'NONE' | 'SAME_SITE' | 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN'
  /** Origins whose pages may open WebSockets with a cookie session. @default none */
  websiteDomains?: readonly string[]
  /** Whether the first factor's address must be verified, as with the service's `emailVerification: 'required'`. @default false */
  emailVerified?: boolean
  /**
   * Maximum age of roles and permissions in a token. Older ones are answered as an expired token: the refresh fetches them
   * again. No less than the service's `rolesMaxAge`. @default '5m'
   */
  rolesMaxAge?: number | string
  /**
   * What happens to the tokens of a refresh that the Core has not seen in use yet (`parentRefreshTokenHash1`). A verifier
   * cannot confirm them; `ask` lets the service do it. @default 'admit'
   */
  unconfirmed?: 'admit' | 'ask' | 'refuse'
  /** Where `ask` asks: any guarded GET route of the service. @default `<serviceUrl>/sessioninfo` */
  confirmUrl?: string
  /** How long keys are trusted while the service does not answer. @default '4h' */
  staleKeysFor?: number | string
  /** Sessions that have ended before their tokens expire; asked with every request. @default none */
  revocations?: Revocations
  /** The wall clock, in milliseconds since 1970. @default Date.now */
  clock?: () => number
  /** Loads the keys. @default the global `fetch` */
  fetch?: Fetch
  /** Told when the keys could not be loaded, every five seconds at most; for the log. @default nobody */
  onError?: (error: Error) => void
}

export interface ResolvedVerifierOptions extends DemandOptions {
  jwksUrl: string
  issuer: string | undefined
  claim: string
  tokenTransferMethod: 'any' | 'cookie' | 'header'
  antiCsrf: NonNullable<VerifierOptions['antiCsrf']>
  websites: ReadonlySet<string>
  emailVerified: boolean
  /** Seconds. */
  rolesMaxAge: number
  unconfirmed: 'admit' | 'ask' | 'refuse'
  confirmUrl: string | undefined
  /** Milliseconds. */
  staleKeysFor: number
  revocations: Revocations | undefined
  clock: () => number
  fetch: Fetch
  onError: (error: Error) => void
}

/** Wrong options of a verifier, all of them in the message. `code` as in `docs/errors.md`. */
export class VerifierOptionsInvalid extends Error {
  readonly code = 'AUTH_OPTIONS_INVALID'

  constructor (problems: readonly string[]) {
    super(`Invalid options for fastify-2fa/verifier: ${problems.join('; ')}`)
    this.name = 'VerifierOptionsInvalid'
  }
}

const oneOf = (...values: string[]) => (value: unknown): string | undefined =>
  values.includes(value as string) ? undefined : `it must be ${values.join(', ')}.${typeof value === 'string' ? didYouMean(value, values) : ''}`
const trueOrFalse = (value: unknown): string | undefined => typeof value === 'boolean' ? undefined : 'it must be true or false'
const text = (value: unknown): string | undefined => typeof value === 'string' && value !== '' ? undefined : 'it must be a text'
const aFunction = (value: unknown): string | undefined => typeof value === 'function' ? undefined : 'it must be a function'

function urlProblem (value: unknown): string | undefined {
  const parsed = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return 'it must be a URL such as https://auth.example.com'
  return parsed.username === '' && parsed.password === '' && parsed.hash === '' ? undefined : 'it must not contain a password or a fragment'
}

const isOrigin = (value: unknown): boolean => typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value

const OPTIONS: Record<keyof VerifierOptions, (value: unknown) => string | undefined> = {
  ...DEMAND_OPTIONS,
  serviceUrl: urlProblem,
  apiBasePath: (value) => typeof value === 'string' && /^\/[\w./~-]*$/.test(value) ? undefined : 'it must be a path such as /auth',
  jwksUrl: urlProblem,
  allowPlainHttp: trueOrFalse,
  issuer: text,
  claim: oneOf(SECOND_FACTOR_CLAIM, PHONE_VERIFIED_CLAIM),
  tokenTransferMethod: oneOf('any', 'cookie', 'header'),
  antiCsrf: oneOf('NONE', 'SAME_SITE', 'VIA_CUSTOM_HEADER', 'VIA_TOKEN'),
  websiteDomains: (value) => Array.isArray(value) && value.every(isOrigin) ? undefined : 'it must be a list of origins such as https://www.example.com, without a path',
  emailVerified: trueOrFalse,
  rolesMaxAge: durationProblem,
  unconfirmed: oneOf('admit', 'ask', 'refuse'),
  confirmUrl: urlProblem,
  staleKeysFor: durationProblem,
  revocations: (value) => typeof value === 'object' && value !== null && 'isRevoked' in value ? aFunction(value.isRevoked) : 'it must have a function isRevoked',
  clock: aFunction,
  fetch: aFunction,
  onError: aFunction
}

/** An address that no other machine can answer at. */
const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

function * problemsOf (options: VerifierOptions): Generator<string> {
  // Undefined is as good as left out here: it asks for nothing less than the default. For a demand it is not.
  const given = Object.fromEntries(Object.entries(options).filter(([name, value]) => value !== undefined || Object.hasOwn(DEMAND_OPTIONS, name)))
  yield * namedProblems(OPTIONS, given, '')
  yield * demandProblems(demandIn(options), '')
  if (options.serviceUrl === undefined && options.jwksUrl === undefined) yield 'serviceUrl or jwksUrl is missing'
  if (options.unconfirmed === 'ask' && options.confirmUrl === undefined && options.serviceUrl === undefined) yield 'confirmUrl is missing: a guarded route of the service'
  if (options.antiCsrf === undefined && options.tokenTransferMethod !== 'header') {
    yield 'antiCsrf is missing: set it as the service has it, or SAME_SITE if the service has none and its websites are on the API\'s site'
  }
}

/** The options that hold for every request. */
export function demandIn (options: VerifierOptions): DemandOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(DEMAND_OPTIONS, name)))
}

function transportProblem (address: string, allowPlainHttp: boolean): string[] {
  const url = new URL(address)
  return url.protocol === 'https:' || isLoopback(url) || allowPlainHttp
    ? []
    : [`${url.origin} is plain HTTP: whoever answers in its place writes tokens. Use HTTPS, or set allowPlainHttp where the network is yours alone`]
}

/**
 * Checks options and adds defaults.
 *
 * @throws AUTH_OPTIONS_INVALID naming every problem at once
 */
export function resolveVerifierOptions (options: VerifierOptions): ResolvedVerifierOptions {
  const problems = [...new Set(problemsOf(options))]
  if (problems.length > 0) throw new VerifierOptionsInvalid(problems)
  const { serviceUrl, apiBasePath = '/auth', allowPlainHttp = false, staleKeysFor, rolesMaxAge = '5m' } = options
  const jwksUrl = options.jwksUrl ?? `${serviceUrl!.replace(/\/$/, '')}${apiBasePath.replace(/\/$/, '')}/jwt/jwks.json`
  const confirmUrl = options.unconfirmed === 'ask' ? options.confirmUrl ?? `${serviceUrl!.replace(/\/$/, '')}/sessioninfo` : undefined
  const insecure = [jwksUrl, ...confirmUrl === undefined ? [] : [confirmUrl]].flatMap((address) => transportProblem(address, allowPlainHttp))
  if (insecure.length > 0) throw new VerifierOptionsInvalid(insecure)
  return {
    ...demandIn(options),
    jwksUrl,
    issuer: options.issuer,
    claim: options.claim ?? SECOND_FACTOR_CLAIM,
    tokenTransferMethod: options.tokenTransferMethod ?? 'any',
    antiCsrf: options.antiCsrf ?? 'VIA_CUSTOM_HEADER',
    websites: new Set(options.websiteDomains),
    emailVerified: options.emailVerified ?? false,
    rolesMaxAge: secondsOf(rolesMaxAge)!,
    unconfirmed: options.unconfirmed ?? 'admit',
    confirmUrl,
    staleKeysFor: staleKeysFor === undefined ? STALE_MS : secondsOf(staleKeysFor)! * 1000,
    revocations: options.revocations,
    clock: options.clock ?? (() => Date.now()),
    fetch: options.fetch ?? (async (input, init) => await globalThis.fetch(input, init)),
    onError: options.onError ?? (() => {})
  }
}
