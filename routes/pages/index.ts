import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HOSTED_PAGES } from '../../plugins/names.js'
import { FormForeign } from '../../src/errors.js'
import { isFromOwnPage } from '../../src/hosted-pages/same-origin.js'
import { pageProviders } from '../../src/hosted-pages/providers.js'
import { visitorOf, type Visitor } from '../../src/hosted-pages/visitor.js'
import { neverStored } from '../../src/no-store.js'
import { memberOf } from '../../src/members.js'
import type { Fastify2faOptions } from '../../src/options/options.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { PAUSE_SECONDS } from '../../src/outage/circuit.js'
import { describedAs, PAGE } from '../../src/openapi/described.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'
import { toPublicError } from '../../src/supertokens/failures.js'
import { WITHOUT_QUERY } from '../../src/without-query.js'
import { adminPages } from './admin/index.js'
import { parseForms } from '../auth/parsers.js'
import { assetRoutes } from './assets.js'
import { showFailure, type PageKit } from './kit.js'
import { refreshRoute, toRefresh } from './refresh.js'
import { linkPage } from './link.js'
import { passkeyPages } from './passkey.js'
import { recoveryPages } from './recover.js'
import { recoveryCodePages } from './recovery-codes.js'
import { resetPages } from './reset-password.js'
import { secondFactorPages } from './second-factor.js'
import { sentCodePages } from './sent-codes.js'
import { securityPages } from './security/index.js'
import { signInPages } from './sign-in.js'
import { signOutPage } from './sign-out.js'
import { socialLoginPages } from './social-login.js'
import { totpPages } from './totp.js'
import { verificationPages } from './verify-email.js'

/**
 * Where links of mails lead. Programs that look at mails ask by HEAD: without a route, a host's logger would write the whole
 * address of what was not found, with its token (CWE-532).
 */
const MAILED = ['/reset-password', '/verify-email', '/verify']

/** The pages for apps that have no frontend, in a scope of their own: parsers, errors and headers of the host stay as they are. */
async function hostedPagesRoutes (app: FastifyInstance, options: Fastify2faOptions): Promise<void> {
  const { pages } = app.twoFactor
  if (pages === undefined) return
  const resolved = resolveOptions(options)
  const visitors = new WeakMap<FastifyRequest, Visitor>()

  const kit: PageKit = {
    pages,
    options: resolved,
    at: (path) => ({ url: pages.places.route + path || '/', config: { ...OPEN_ROUTE, ...describedAs(PAGE) }, exposeHeadRoute: MAILED.includes(path), logSerializers: WITHOUT_QUERY }),
    visitor: (request) => visitors.get(request)!,
    say: (request, text, values = {}) => app.twoFactor.languages.of(request).say(text, values as never)
  }

  neverStored(app)
  await parseForms(app)

  app.setErrorHandler(async (err, request, reply) => {
    const { statusCode = 500, message, cause } = toPublicError(err)
    const wait = memberOf(err, 'retryAfter') ?? (statusCode === 503 ? PAUSE_SECONDS : undefined)
    if (typeof wait === 'number') reply.header('retry-after', wait)
    if (statusCode >= 500) request.log.error({ err: cause ?? err }, message)
    const text = app.twoFactor.languages.of(request).translate(message)?.text ?? message
    return showFailure(kit, request, reply, { message: text, statusCode })
  })

  app.addHook('preHandler', async (request) => {
    if (request.method === 'POST' && !isFromOwnPage(request, pages.places.origin)) throw new FormForeign()
  })

  assetRoutes(app, pages)
  refreshRoute(app, kit)

  await app.register(async (scope) => {
    scope.addHook('preHandler', async (request, reply) => {
      const visitor = await visitorOf(request, reply, { verifiesFirst: resolved.emailVerification === 'required' })
      // Who is in passes a second factor once more, where a change asks for one that has just passed.
      visitors.set(request, visitor.step === 'in' && pages.isOnceMore(request) ? { ...visitor, step: 'second-factor' } : visitor)
      if (visitor.step === 'refresh') return toRefresh(pages, request, reply)
    })
    const providers = pageProviders(resolved.thirdPartyProviders)
    signInPages(scope, kit, providers)
    if (providers.length > 0) socialLoginPages(scope, kit, providers)
    resetPages(scope, kit)
    verificationPages(scope, kit)
    secondFactorPages(scope, kit)
    sentCodePages(scope, kit)
    linkPage(scope, kit)
    totpPages(scope, kit)
    passkeyPages(scope, kit)
    recoveryCodePages(scope, kit)
    recoveryPages(scope, kit)
    signOutPage(scope, kit)
    await scope.register(async (security) => { securityPages(security, kit) })
    if (app.twoFactor.admin !== undefined && resolved.admin?.page !== undefined) await adminPages(scope, kit, resolved.admin.page)
  })
}

export default fp(hostedPagesRoutes, { name: 'fastify-2fa/hosted-pages-routes', fastify: '5.x', encapsulate: true, dependencies: [HOSTED_PAGES] })
