import type { AnySchema } from 'ajv'
import fp from 'fastify-plugin'
import { getTenant } from 'supertokens-node/recipe/multitenancy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BodyInvalid, NotFound, OptionsInvalid, TenantUnknown } from '../../src/errors.js'
import type { Fastify2faOptions } from '../../src/options/options.js'
import { recoveryEndpoints } from '../../src/account/recovery-endpoints.js'
import { inClientsLanguage } from '../../src/language/answers.js'
import { PAUSE_SECONDS } from '../../src/outage/circuit.js'
import { createConcurrency } from '../../src/outage/concurrency.js'
import { CONTESTS, PHONE_PINNING, SESSION_GUARD } from '../../plugins/names.js'
import { neverStored } from '../../src/no-store.js'
import { joinPaths } from '../../src/options/auth-path.js'
import { resolveOptions } from '../../src/options/resolve.js'
import type { FactorEndpoint } from '../../src/second-factor/factor.js'
import { sessionEndpoints } from '../../src/account/sessions-endpoints.js'
import { mfaInfoEndpoint } from '../../src/second-factor/mfa-info.js'
import { CORE_WIDTHS, fits } from '../../src/lengths.js'
import { describedAs } from '../../src/openapi/described.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'
import { asJson, handleBySdk, handleBySdkSession } from '../../src/supertokens/adapter.js'
import { retryAfterOf } from '../../src/supertokens/core-overload.js'
import { toPublicError } from '../../src/supertokens/failures.js'
import { withRequestId } from '../../src/tracing/request-id.js'
import { ENDPOINTS, type Endpoint } from './endpoints.js'
import { contestRoute } from './contest.js'
import { endpointsOff } from './features-off.js'
import { checkFormFields, checkQuery, toInputError } from './lengths.js'
import { keepAuditTrail } from './audit-trail.js'
import { BODY_LIMIT, NO_NUL, parseForms, parseJsonOnly } from './parsers.js'
import { showRefusals } from './refusals.js'
import { expireStrayCookies, settleStrayCookies } from './stray-cookies.js'
import { validatorOf } from './validators.js'

export type AuthRoutesOptions = Pick<Fastify2faOptions, 'appInfo' | 'authConcurrency' | 'authMaxWait' | 'firstFactor' | 'passwordReset' | 'supportContact'>

const PUBLIC_TENANT = 'public'

type Body = Record<string, unknown>

/**
 * The URL as the SDK knows it, made from the route that matched. So the SDK cannot see another path than the router,
 * whatever the host's prefix, proxy or router options make of it.
 */
function sdkUrl ({ url, params, server }: FastifyRequest, path: string): string {
  const { tenantId } = params as { tenantId?: string }
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : ''
  return server.twoFactor.authPath.public + (tenantId === undefined ? '' : `/${tenantId}`) + path + query
}

/**
 * Serves the Frontend Driver Interface in its own scope, so that the host's parsers, errors and routes stay as they
 * are.
 */
async function authRoutes (app: FastifyInstance, options: AuthRoutesOptions): Promise<void> {
  const { appInfo: { apiBasePath, appName }, authConcurrency, authMaxWait, passwordReset, supportContact } = resolveOptions(options)
  const received = joinPaths(app.prefix, apiBasePath)
  if (received !== app.twoFactor.authPath.received) {
    throw new OptionsInvalid(`the routes would be at ${received}, and the supertokens plugin expects them at ${app.twoFactor.authPath.received}. Give both the same appInfo and prefix`)
  }
  neverStored(app)
  parseJsonOnly(app)
  app.setValidatorCompiler<AnySchema>(({ schema }) => validatorOf(schema))

  app.setSchemaErrorFormatter(toInputError)

  app.setErrorHandler(async (err, request, reply) => {
    const { statusCode = 500, code, message, cause } = toPublicError(err)
    if (statusCode >= 500) request.log.error({ err: cause ?? err }, message)
    if (statusCode === 503) reply.header('retry-after', retryAfterOf(err) ?? PAUSE_SECONDS)
    // The Frontend Driver Interface expects the reason in `message`.
    return await asJson(reply).code(statusCode).send({ message, code })
  })

  app.addHook('onRequest', async ({ url }) => {
    // The router decodes paths, but rules of proxies in front may not: no endpoint has a second spelling.
    if (/^[^?;]*%/.test(url)) throw new NotFound()
  })
  app.addHook('preValidation', checkQuery)
  app.addHook('preValidation', async (request) => {
    const body: unknown = request.body ?? {}
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new BodyInvalid('The body must be a JSON object')
    if (request.url.includes('%00')) throw new BodyInvalid(NO_NUL)
    // Accounts are never linked to the session's user here. With the flag set, the SDK would try and fail with a 500.
    request.body = 'shouldTryLinkingWithSessionUser' in body ? { ...body, shouldTryLinkingWithSessionUser: false } : body
  })

  app.addHook('preHandler', async (request) => {
    const { tenantId } = request.params as { tenantId?: string }
    if (tenantId === undefined || tenantId === PUBLIC_TENANT) return
    if (!fits(tenantId, CORE_WIDTHS.tenantId) || await getTenant(tenantId) === undefined) throw new TenantUnknown()
  })
  app.addHook('preHandler', checkFormFields)
  app.addHook('preSerialization', async (request, reply, payload) => inClientsLanguage(app.twoFactor.languages, request, reply, payload))
  app.addHook('onSend', expireStrayCookies)
  keepAuditTrail(app)

  // Each request asks the Core several times, and hashing a password keeps a CPU core busy.
  const limited = createConcurrency(authConcurrency, { maxWait: authMaxWait })

  /** Runs `answer` within the concurrency limit; `answer` returns false if the SDK has no such API. */
  function handlerOf (answer: (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>) {
    return async function handler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const handled = await limited(() => withRequestId(request.id, () => answer(request, reply)))
      if (!handled) throw new NotFound()
      return reply
    }
  }

  const { factors, login, browserEndpoints } = app.twoFactor.secondFactor

  type Served = Pick<Endpoint, 'method' | 'path' | 'perTenant' | 'body' | 'session' | 'refusedAs'> & Pick<FactorEndpoint, 'prepare' | 'handle'>

  const urlsOf = ({ path, perTenant }: Pick<Endpoint, 'path' | 'perTenant'>): string[] =>
    (perTenant ? [path, `/:tenantId(^[a-zA-Z0-9-]+$)${path}`] : [path]).map((url) => apiBasePath + url)

  function serve (scope: FastifyInstance, { method, path, perTenant, body, session = 'none', refusedAs = 'GENERAL_ERROR', prepare, handle }: Served): void {
    const schema = body && { schema: { body } }
    const preHandler = [settleStrayCookies(session), ...(prepare ? [async ({ body }: FastifyRequest) => { prepare(body as Body) }] : [])]
    const preSerialization = showRefusals(refusedAs)
    const handler = handlerOf(handle
      ? (request, reply) => handleBySdkSession(request, reply, (call) => handle(login, call, request.body as Body))
      : (request, reply) => handleBySdk(request, reply, sdkUrl(request, path)))
    const config = { ...OPEN_ROUTE, ...describedAs(`${method} ${path}`) }
    for (const url of urlsOf({ path, perTenant })) scope.route({ method, url, config, bodyLimit: BODY_LIMIT, exposeHeadRoute: false, ...schema, preHandler, handler, preSerialization })
  }

  const { credentialEndpoints, recovery } = app.twoFactor
  const ofAccounts = [...credentialEndpoints, ...sessionEndpoints, ...browserEndpoints, ...(recovery === undefined ? [] : recoveryEndpoints(recovery))]
  const ofFactors = [...factors.flatMap(({ endpoints }) => endpoints), mfaInfoEndpoint, ...ofAccounts]
  for (const endpoint of ofFactors) serve(app, { perTenant: false, session: 'needed', ...endpoint })

  const isOn = ({ recipe, path }: Endpoint): boolean => app.twoFactor.recipes.has(recipe) && (passwordReset || !path.startsWith('/user/password/reset'))
  const served = ENDPOINTS.filter(isOn)
  for (const endpoint of served.filter(({ form = false }) => !form)) serve(app, endpoint)
  // Another website can send a form without a CORS preflight, so only these endpoints parse forms.
  await app.register(async (forms) => {
    await parseForms(forms)
    for (const endpoint of served.filter(({ form = false }) => form)) serve(forms, endpoint)
  })

  await app.register(async (scope) => { await contestRoute(scope, { apiBasePath, appName, handlerOf }) })

  for (const { method, answer, ...endpoint } of endpointsOff([...ofFactors, ...served], supportContact)) {
    for (const url of urlsOf(endpoint)) {
      app.route({ method, url, config: { ...OPEN_ROUTE, ...describedAs(`${method} ${endpoint.path}`) }, bodyLimit: BODY_LIMIT, exposeHeadRoute: false, handler: async (_request, reply) => await asJson(reply).send(answer) })
    }
  }
}

export default fp(authRoutes, { name: 'fastify-2fa/auth-routes', fastify: '5.x', encapsulate: true, dependencies: [PHONE_PINNING, SESSION_GUARD, CONTESTS] })
