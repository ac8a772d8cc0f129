import type { FastifyReply, FastifyRequest } from 'fastify'
import { ForwardedInvalid, ForwardedOriginRefused, ProxyRefused } from '../errors.js'
import type { DemandOptions } from '../session/demand-options.js'
import { createGuard, type GuardFunction } from '../session/guard.js'
import { sessionOf, verifiedOf } from '../session/request-session.js'
import { createSecondFactorRule, type SecondFactorRuleOptions } from '../session/second-factor-rule.js'
import type { VerifiedToken } from '../session/verified-token.js'
import { callOf } from '../supertokens/adapter.js'
import type { Assertions } from './assertions.js'
import { identityOf, NOBODY, type Identity, type IdentityHeaders } from './identity.js'
import type { Original } from './original.js'
import type { ForwardPlaces } from './places.js'
import type { createProxyCheck } from './proxy-trust.js'
import { isVisitorsOwn, type createRulesReader, type ForwardRules } from './rules.js'
import { rulesOf as rulesOfVisit, visitOf } from './visit.js'

interface ForwardAuthParts extends SecondFactorRuleOptions {
  path: string
  isFromProxy: ReturnType<typeof createProxyCheck>
  rulesOf: ReturnType<typeof createRulesReader>
  places: ForwardPlaces
  assertions: Assertions
}

/** What a proxy asks. */
export interface Question {
  /** Undefined where the proxy's headers do not say. */
  original: Original | undefined
  /** As the operator wrote them. */
  rules: string
  /**
   * Where they came from. A query may be the visitor's own, by a mistake in the proxy's configuration. So may a segment of
   * the path: there, rules cannot let requests without a session pass.
   */
  place: 'query' | 'header' | 'path'
}

/** A visitor's request that may be decided upon. */
export interface Visit {
  request: FastifyRequest
  original: Original
  rules: ForwardRules
}

const NOT_SAID = 'it does not say method and address of the request. Each proxy has a path of its own: nginx, traefik, envoy/, envoy-rules/'

/** Decides what proxies ask. The decision itself is that of `require2FA`. */
export function createForwardAuth ({ path, isFromProxy, rulesOf, places, assertions, ...ruleOptions }: ForwardAuthParts) {
  const rule = createSecondFactorRule(ruleOptions)
  const wanted = (request: FastifyRequest): DemandOptions => rulesOfVisit(request).secondFactor
  const required = createGuard<DemandOptions | undefined>({ ...rule, wanted })
  const optional = createGuard<DemandOptions | undefined>({
    ...rule,
    wanted,
    options: (rules) => ({ ...rule.options(rules), sessionRequired: false }),
    sessionOptional: () => true
  })

  // By the token, which many requests have in common. It goes with the token's place in the guards' cache.
  const identities = new WeakMap<VerifiedToken, Identity>()

  /** @throws AUTH_CORE_UNAVAILABLE and such, where roles have to be fetched and cannot be */
  async function identify (request: FastifyRequest, reply: FastifyReply, verified: VerifiedToken | undefined): Promise<Identity | undefined> {
    const session = sessionOf(request)
    if (session === undefined) return undefined
    const identity = await identityOf(session, ruleOptions, callOf(request, reply).userContext)
    if (verified !== undefined) identities.set(verified, identity)
    return identity
  }

  const assertedOf = ({ original: { method, host, origin }, rules: { audience = origin } }: Visit) => ({ method, host, audience })

  return {
    path,
    places,

    /**
     * Reads a question.
     *
     * @throws AUTH_PROXY_REFUSED, AUTH_FORWARDED_ORIGIN_REFUSED, AUTH_FORWARDED_INVALID: nothing passes
     */
    visitIn (question: FastifyRequest, { original, rules: text, place }: Question): Visit {
      if (!isFromProxy(question)) throw new ProxyRefused()
      if (original === undefined) throw new ForwardedInvalid(NOT_SAID)
      const rules = rulesOf(text)
      if ('problem' in rules) throw new ForwardedInvalid(rules.problem)
      if (place === 'query' && isVisitorsOwn(text, original.uri)) throw new ForwardedInvalid('its query seems to be the visitor\'s. Caddy needs a "?" at the end of "uri", and nginx no $args')
      if (place === 'path' && rules.optional) throw new ForwardedInvalid('optional has no place in a path')
      const origin = places.knownOrigin(original.origin)
      if (origin === undefined) throw new ForwardedOriginRefused({ cause: original.origin })
      const known = original.origin === origin ? original : { ...original, origin }
      return { request: visitOf(question, known, rules), original: known, rules }
    },

    /** The guard for a visit: it hands refusals to the error handler of its scope. */
    guardOf: ({ rules }: Visit): GuardFunction => rules.optional ? optional : required,

    /** Who has been let through, if that is known at once. */
    knownHeaders (visit: Visit): IdentityHeaders | undefined {
      const verified = verifiedOf(visit.request)
      const identity = verified && identities.get(verified)
      return identity === undefined || Date.now() >= identity.until ? undefined : assertions.find(identity, assertedOf(visit))
    },

    /** Who has been let through: identity headers, and the assertion. */
    async headers (visit: Visit, reply: FastifyReply): Promise<IdentityHeaders> {
      const verified = verifiedOf(visit.request)
      const known = verified && identities.get(verified)
      const identity = known !== undefined && Date.now() < known.until ? known : await identify(visit.request, reply, verified)
      return identity === undefined ? NOBODY : await assertions.make(identity, assertedOf(visit))
    }
  }
}

export type ForwardAuth = ReturnType<typeof createForwardAuth>
