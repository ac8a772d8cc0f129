import type { APIInterface, ProviderInput, TypeProvider, UserInfo } from 'supertokens-node/recipe/thirdparty/types'
import type { UserContext } from 'supertokens-node/types'
import { BodyInvalid, OptionsInvalid, ProviderRefused, ProviderUnavailable } from '../errors.js'
import { appOf } from '../supertokens/sdk.js'

type OAuth2Provider = Extract<TypeProvider, { type: 'oauth2' }>
type ProviderConfig = OAuth2Provider['config']
type GetUserInfoInput = Parameters<OAuth2Provider['getUserInfo']>[0]

/** A person waits for the answer, and the SDK itself would wait for minutes. */
const PATIENCE_MS = 10_000

/** What a Core's columns hold: up to 256 characters, and no NUL. */
const STORABLE = /^[^\0]{1,256}$/

function memberOf (value: unknown, key: string | undefined): unknown {
  return typeof value === 'object' && value !== null && key !== undefined ? Reflect.get(value, key) : undefined
}

function textOf (value: unknown, key: string): string | undefined {
  const member = memberOf(value, key)
  return typeof member === 'string' && member !== '' ? member : undefined
}

// What providers throw and answer

/** The beginning of what the SDK throws for an HTTP error of a provider's; the provider's own text follows. */
const HTTP_FAILURE = /^(?:Received response with status|Getting userInfo failed with) (\d{3})\b/
/** What jose says of a token. Its other codes, and those of Node, say that the provider's keys could not be had. */
const TOKEN_REFUSED = /^ERR_(?:JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO_MATCHING|JWKS_MULTIPLE_MATCHING)_/

function statusOf (err: unknown): number | undefined {
  const status = err instanceof Error ? HTTP_FAILURE.exec(err.message)?.[1] : undefined
  return status === undefined ? undefined : Number(status)
}

/**
 * No network, no answer in time, an answer that is none: everything else that an exchange throws is the provider's refusal of what
 * the client sent. A TypeError is what `fetch` throws without a network, and what reading a garbled answer ends in.
 */
function isOutage (err: unknown): boolean {
  const status = statusOf(err)
  if (status !== undefined) return status >= 500 || status === 429
  const code = textOf(err, 'code')
  return err instanceof TypeError || err instanceof SyntaxError || (code !== undefined && !TOKEN_REFUSED.test(code))
}

/** The registered ones are plain words; what is not might be anything. */
function oauthErrorIn (value: string | undefined): string | undefined {
  return value !== undefined && /^[a-z_]{1,64}$/.test(value) ? value : undefined
}

/** Enough to find the cause, never the answer itself: providers repeat codes and tokens in theirs. */
function reasonOf (err: unknown): string {
  const status = statusOf(err)
  const oauthError = err instanceof Error ? oauthErrorIn(/"error"\s*:\s*"([^"]*)"/.exec(err.message)?.[1]) : undefined
  const code = textOf(err, 'code') ?? textOf(err instanceof Error ? err.cause : undefined, 'code')
  const parts = [status === undefined ? undefined : `status ${status}`, oauthError, code].filter((part) => part !== undefined)
  return parts.join(', ') || (err instanceof Error ? err.name : 'unknown')
}

function outage (provider: string, reason: string): Error {
  return new ProviderUnavailable({ cause: new Error(`sign-in provider "${provider}": ${reason}`) })
}

function refusal (provider: string, reason: string, userContext: UserContext | undefined): Error {
  // The client is told nothing of the sort, and the operator with a wrong client secret has nothing else to go by.
  if (userContext !== undefined) appOf(userContext).log.warn({ provider, reason }, 'sign-in refused by the provider')
  return new ProviderRefused()
}

function isOurs (err: unknown): boolean {
  return textOf(err, 'code')?.startsWith('AUTH_') === true
}

/** A provider that never answers is one that is down. */
async function inTime<Result> (provider: string, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(outage(provider, 'no answer in time')) }, PATIENCE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

// Discovery

interface Discovered {
  issuer: string
  endpoints: Pick<ProviderConfig, 'authorizationEndpoint' | 'tokenEndpoint' | 'userInfoEndpoint' | 'jwksURI' | 'codeChallengeMethodsSupported'>
}

async function readDiscovery (endpoint: string): Promise<Discovered> {
  const response = await fetch(endpoint, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!response.ok) throw new Error(`Received response with status ${response.status}`)
  const document: unknown = await response.json()
  const [issuer, authorizationEndpoint, tokenEndpoint] = ['issuer', 'authorization_endpoint', 'token_endpoint'].map((key) => textOf(document, key))
  if (issuer === undefined || authorizationEndpoint === undefined || tokenEndpoint === undefined) throw new SyntaxError('no discovery document')
  const userInfoEndpoint = textOf(document, 'userinfo_endpoint')
  const jwksURI = textOf(document, 'jwks_uri')
  const methods = memberOf(document, 'code_challenge_methods_supported')
  return {
    issuer,
    endpoints: {
      authorizationEndpoint,
      tokenEndpoint,
      ...(userInfoEndpoint !== undefined && { userInfoEndpoint }),
      ...(jwksURI !== undefined && { jwksURI }),
      ...(Array.isArray(methods) && { codeChallengeMethodsSupported: methods.filter((method) => typeof method === 'string') })
    }
  }
}

/**
 * Reads a provider's discovery document, once. The SDK's own reader keeps whatever came with a 200 for as long as the process lives,
 * and its failures cannot be told from the Core's.
 */
function createDiscovery (provider: string) {
  const known = new Map<string, Promise<Discovered>>()

  return async function discover (endpoint: string): Promise<Discovered> {
    const url = endpoint.includes('/.well-known/') ? endpoint : `${endpoint.replace(/\/+$/, '')}/.well-known/openid-configuration`
    const reading = known.get(url) ?? readDiscovery(url)
    known.set(url, reading)
    try {
      return await reading
    } catch (err) {
      known.delete(url)
      throw outage(provider, reasonOf(err))
    }
  }
}

// Tokens and what they say

/** Microsoft's issuer has a placeholder for the tenant, and Google's tokens may leave out the scheme. */
function isIssuedBy (issuer: string, claimed: string): boolean {
  const bare = (value: string): string => value.replace(/^https:\/\//, '')
  return issuer.includes('{') || bare(issuer) === bare(claimed)
}

/**
 * Whether the answers belong together. The SDK checks an ID token's signature, expiry and audience; nothing checks that it and the
 * answer to the access token speak of the same person (OpenID Connect Core 5.3.2), or who issued it (3.1.3.7).
 */
function isConsistent ({ rawUserInfoFromProvider: raw }: UserInfo, issuer: string | undefined): boolean {
  const claimed = textOf(raw.fromIdTokenPayload, 'iss')
  if (issuer !== undefined && claimed !== undefined && !isIssuedBy(issuer, claimed)) return false
  const byIdToken = textOf(raw.fromIdTokenPayload, 'sub')
  const byAccessToken = textOf(raw.fromUserInfoAPI, 'sub')
  return byIdToken === undefined || byAccessToken === undefined || byIdToken === byAccessToken
}

/** Whether tokens that the client brought were issued to us: any app that a person uses holds access tokens of theirs. */
function isBoundToUs ({ rawUserInfoFromProvider: raw }: UserInfo): boolean {
  // The SDK has verified what is in here, audience included; some providers of its own never look at ID tokens.
  const verified = textOf(raw.fromIdTokenPayload, 'sub')
  const asked = Object.keys(raw.fromUserInfoAPI ?? {}).length > 0
  return verified !== undefined && (!asked || textOf(raw.fromUserInfoAPI, 'sub') === verified)
}

const NOT_BOUND = 'oAuthTokens must hold an ID token that the provider issued to this service'

/**
 * Whether the answer to the access token says that the address is verified. The SDK takes an ID token that does not mention the address,
 * as most do that come with an access token (OpenID Connect Core 5.4), for one that says it is unverified.
 */
function isVerifiedByUserInfo ({ rawUserInfoFromProvider: raw, email }: UserInfo, { userInfoMap: map }: ProviderConfig): boolean {
  const { fromIdTokenPayload: inIdToken, fromUserInfoAPI: inUserInfo } = map ?? {}
  if ([inIdToken?.email, inIdToken?.emailVerified].some((key) => memberOf(raw.fromIdTokenPayload, key) !== undefined)) return false
  const verified = memberOf(raw.fromUserInfoAPI, inUserInfo?.emailVerified)
  return memberOf(raw.fromUserInfoAPI, inUserInfo?.email) === email?.id && (verified === true || verified === 'true')
}

/** What the Core takes; anything else would be a 500. Undefined when the provider names nobody. */
function readable (info: UserInfo, config: ProviderConfig): UserInfo | undefined {
  const { thirdPartyUserId: given, email, ...others } = info
  const thirdPartyUserId = ['string', 'number'].includes(typeof given) ? String(given) : ''
  if (!STORABLE.test(thirdPartyUserId)) return undefined
  const address: unknown = email?.id
  // Without an address the SDK says so to the client, or makes one up where the provider need not give one.
  if (email === undefined || address === undefined || address === null || address === '') return { ...others, thirdPartyUserId }
  if (typeof address !== 'string' || !STORABLE.test(address)) return undefined
  return { ...others, thirdPartyUserId, email: { id: address, isVerified: email.isVerified === true || isVerifiedByUserInfo(info, config) } }
}

/** Apple sends the person's name through the client, as JSON. */
function isClientsFault (err: unknown, user: unknown): boolean {
  if (!(err instanceof SyntaxError) || typeof user !== 'string') return false
  try {
    JSON.parse(user)
    return false
  } catch {
    return true
  }
}

// The guard

/**
 * Makes a provider answer bad input with 4xx and an outage with 503 (the SDK throws plain errors, hence a 500), and lets in no token
 * that was made for somebody else.
 *
 * @throws AUTH_OPTIONS_INVALID for SAML, whose recipe is not among ours
 */
export function guardProvider (provider: ProviderInput): ProviderInput {
  const { thirdPartyId: id, thirdPartyImplementation } = provider.config
  if ((thirdPartyImplementation ?? id).startsWith('saml')) throw new OptionsInvalid(`thirdPartyProviders: "${id}" is SAML, which is not supported`)
  const discover = createDiscovery(id)

  function override (original: TypeProvider): TypeProvider {
    const implementation = provider.override?.(original) ?? original
    if (implementation.type !== 'oauth2') return implementation
    const ownTokens = new WeakSet<object>()
    let issuer: string | undefined

    /** @param user what of the client's the SDK parses on the way */
    async function ask<Result> (call: () => Promise<Result>, userContext: UserContext | undefined, user?: unknown): Promise<Result> {
      try {
        return await inTime(id, call())
      } catch (err) {
        if (isOurs(err)) throw err
        throw isOutage(err) && !isClientsFault(err, user) ? outage(id, reasonOf(err)) : refusal(id, reasonOf(err), userContext)
      }
    }

    async function checkAccessToken ({ oAuthTokens, userContext }: GetUserInfoInput): Promise<boolean> {
      const { validateAccessToken } = implementation.config
      const accessToken = textOf(oAuthTokens, 'access_token')
      if (validateAccessToken === undefined || accessToken === undefined) return false
      await validateAccessToken({ accessToken, clientConfig: implementation.config, userContext: userContext as UserContext })
      return true
    }

    const guarded: OAuth2Provider = {
      ...implementation,

      async getConfigForClientType (input) {
        let config
        try {
          config = await implementation.getConfigForClientType(input)
        } catch (err) {
          if (err instanceof Error && /\bclientType\b/.test(err.message)) throw new BodyInvalid(`There is no client of "${id}" for this clientType`)
          // Settings that cannot work, such as a private key of Apple's that is none.
          throw new ProviderUnavailable({ cause: err })
        }
        const { oidcDiscoveryEndpoint, ...others } = config
        if (oidcDiscoveryEndpoint === undefined) return config
        const discovered = await discover(oidcDiscoveryEndpoint)
        issuer = discovered.issuer
        const configured = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)) as typeof others
        return { ...discovered.endpoints, ...configured }
      },

      async getAuthorisationRedirectURL (input) {
        return await ask(() => implementation.getAuthorisationRedirectURL(input), input.userContext)
      },

      async exchangeAuthCodeForOAuthTokens (input) {
        const { code, user, error } = input.redirectURIInfo.redirectURIQueryParams
        // Who says no on the provider's page comes back with an error and no code.
        if (code === undefined || code === '') throw refusal(id, oauthErrorIn(error) ?? 'no code', input.userContext)
        const tokens: unknown = await ask(() => implementation.exchangeAuthCodeForOAuthTokens(input), input.userContext, user)
        // GitHub refuses with a 200.
        const refused = textOf(tokens, 'error')
        if (refused !== undefined) throw refusal(id, oauthErrorIn(refused) ?? 'error', input.userContext)
        if (textOf(tokens, 'access_token') === undefined && textOf(tokens, 'id_token') === undefined) throw outage(id, 'no tokens in the answer')
        ownTokens.add(tokens as object)
        return tokens
      },

      async getUserInfo (input) {
        const { oAuthTokens, userContext } = input
        const ours = ownTokens.has(oAuthTokens as object)
        if (!ours && implementation.config.validateAccessToken === undefined && textOf(oAuthTokens, 'id_token') === undefined) throw new BodyInvalid(NOT_BOUND)
        const validated = ours || await ask(() => checkAccessToken(input), userContext)
        const info = await ask(() => implementation.getUserInfo(input), userContext, textOf(oAuthTokens, 'user'))
        if (!isConsistent(info, issuer)) throw refusal(id, 'tokens of different people or issuers', userContext)
        if (!validated && !isBoundToUs(info)) throw new BodyInvalid(NOT_BOUND)
        const result = readable(info, implementation.config)
        if (result === undefined) throw outage(id, 'no readable user')
        return result
      }
    }
    return guarded
  }

  // The SDK writes its defaults into `config`, which is the host's.
  return { ...provider, config: { ...provider.config }, override }
}

/**
 * Apple posts to us and the SDK redirects to wherever `state` says. The state is the client's, so an unchecked one is an open
 * redirect that carries the authorisation code along.
 */
export function guardAppleCallback (websiteDomains: string[]) {
  return (original: APIInterface): APIInterface => ({
    ...original,
    async appleRedirectHandlerPOST (input) {
      const target = frontendRedirect(input.formPostInfoFromProvider.state)
      // A blob: URL has the origin of the page that made it.
      if (target === undefined || !/^https?:$/.test(target.protocol) || !websiteDomains.includes(target.origin)) {
        throw new BodyInvalid('state does not lead to a website of ours')
      }
      await original.appleRedirectHandlerPOST!(input)
    }
  })
}

function frontendRedirect (state: unknown): URL | undefined {
  try {
    const { frontendRedirectURI } = JSON.parse(Buffer.from(String(state), 'base64').toString()) as { frontendRedirectURI: string }
    return new URL(frontendRedirectURI)
  } catch {
    return undefined
  }
}
