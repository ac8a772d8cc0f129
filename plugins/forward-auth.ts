import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { createAssertions } from '../src/forward-auth/assertions.js'
import { createForwardAuth, type ForwardAuth } from '../src/forward-auth/forward-auth.js'
import { createPlaces } from '../src/forward-auth/places.js'
import { createProxyCheck } from '../src/forward-auth/proxy-trust.js'
import { createRulesReader } from '../src/forward-auth/rules.js'
import { joinPaths } from '../src/options/auth-path.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { onReload } from '../src/reload/reloads.js'
import { resolveOptions } from '../src/options/resolve.js'
import { share } from '../src/two-factor.js'
import { FORWARD_AUTH, HOSTED_PAGES, SESSION_GUARD, SIGNING_KEYS } from './names.js'

export type ForwardAuthPluginOptions = Fastify2faOptions

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** Decides for a proxy; undefined where `forwardAuth` is off. */
    readonly forwardAuth: ForwardAuth | undefined
  }
}

/** Decides for proxies whether requests to other services may pass. `routes/forward-auth` answers them. */
async function forwardAuth (app: FastifyInstance, options: ForwardAuthPluginOptions): Promise<void> {
  const { forwardAuth, appInfo, rolesMaxAge, knownBrowsers } = resolveOptions(options)
  const { signer, pages, authPath, secondFactor: { claim, factors } } = app.twoFactor
  if (forwardAuth === undefined || signer === undefined) {
    share(app, 'forwardAuth', undefined)
    return
  }
  let isFromProxy = createProxyCheck(forwardAuth)
  onReload(app, ({ forwardAuth: next }) => {
    if (next === undefined) return undefined
    const { forwardAuth: { proxySecrets } = forwardAuth } = resolveOptions({ ...options, forwardAuth: next })
    const changed = createProxyCheck({ ...forwardAuth, proxySecrets })
    return () => { isFromProxy = changed }
  })
  share(app, 'forwardAuth', createForwardAuth({
    path: forwardAuth.path,
    isFromProxy: (request) => isFromProxy(request),
    rulesOf: createRulesReader(factors),
    places: createPlaces({
      ...forwardAuth,
      origin: new URL(appInfo.apiDomain).origin,
      authPath: authPath.public,
      pages: pages?.places.base,
      website: appInfo.websiteDomains[0] + (joinPaths(appInfo.websiteBasePath) || '/')
    }),
    assertions: createAssertions({ signer }),
    claim,
    factors,
    rolesMaxAge,
    knownBrowsers
  }))
}

export default fp(forwardAuth, { name: FORWARD_AUTH, fastify: '5.x', dependencies: [SESSION_GUARD, SIGNING_KEYS, HOSTED_PAGES] })
