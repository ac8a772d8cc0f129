import formbody from '@fastify/formbody'
import { Ajv, type AnySchema } from 'ajv'
import { bulkhead, BulkheadRejectedError } from 'cockatiel'
import fp from 'fastify-plugin'
import { getTenant } from 'supertokens-node/recipe/multitenancy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BodyInvalid, NotFound, Overloaded, TenantUnknown } from '../../src/errors.js'
import type { Fastify2faOptions } from '../../src/options/options.js'
import { PAUSE_SECONDS } from '../../src/outage/circuit.js'
import { PHONE_PINNING, SESSION_GUARD } from '../../plugins/names.js'
import { resolveOptions } from '../../src/options/resolve.js'
import type { FactorEndpoint } from '../../src/second-factor/factor.js'
import { handleBySdk, handleBySdkSession } from '../../src/supertokens/adapter.js'
import { toPublicError } from '../../src/supertokens/failures.js'
import { ENDPOINTS } from './endpoints.js'

export type AuthRoutesOptions = Pick<Fastify2faOptions, 'appInfo' | 'authConcurrency'>

/** Large enough for any form and any provider's answer, small enough to parse for anyone who asks. */
const BODY_LIMIT = 64 * 1024

/** The Core refuses it, and the SDK would turn that into a 500. */
const NO_NUL = 'A text must not hold NUL'
const ESCAPED_NUL = /(?<!\\)(?:\\\\)*\\u0000/

const PUBLIC_TENANT = 'public'

type Body = Record<string, unknown>

function parseJson (_request: FastifyRequest, body: string, done: (err: Error | null, parsed?: unknown) => void): void {
  // Generic clients send the content type with no body, to sign out for example.
  if (body.trim() === '') { done(null, {}); return }
  // Looked for in the text, since nesting may be deeper than any walk through it.
  if (ESCAPED_NUL.test(body)) { done(new BodyInvalid(NO_NUL)); return }
  try {
    done(null, JSON.parse(body))
  } catch {
    done(new BodyInvalid('The body is no JSON'))
  }
}

/** The Frontend Driver Interface, in a scope of its own: nothing here changes the host's parsers, errors or routes. */
async function authRoutes (app: FastifyInstance, options: AuthRoutesOptions): Promise<void> {
  const { appInfo: { apiBasePath }, authConcurrency } = resolveOptions(options)
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: BODY_LIMIT }, parseJson)
  // The host's validator may coerce types, and then `deviceId: 1` would pass.
  const ajv = new Ajv()
  app.setValidatorCompiler<AnySchema>(({ schema }) => ajv.compile(schema))

  app.setErrorHandler(async (err, request, reply) => {
    const { statusCode = 500, code, message, cause } = toPublicError(err)
    if (statusCode >= 500) request.log.error({ err: cause ?? err }, message)
    if (statusCode === 503) reply.header('retry-after', PAUSE_SECONDS)
    // `message` is where the Frontend Driver Interface puts what went wrong.
    return await reply.code(statusCode).send({ message, code })
  })

  app.addHook('preValidation', async (request) => {
    const body: unknown = request.body ?? {}
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new BodyInvalid('The body must be an object')
    if (request.url.includes('%00')) throw new BodyInvalid(NO_NUL)
    // Links to the session's user are never made here; with the flag set the SDK would look for them and fail with a 500.
    request.body = 'shouldTryLinkingWithSessionUser' in body ? { ...body, shouldTryLinkingWithSessionUser: false } : body
  })

  app.addHook('preHandler', async (request) => {
    const { tenantId } = request.params as { tenantId?: string }
    if (tenantId === undefined || tenantId === PUBLIC_TENANT) return
    if (await getTenant(tenantId) === undefined) throw new TenantUnknown()
  })

  // Every one of these asks the Core several times, and hashing a password keeps a core busy. What cannot be worked on soon is better
  // refused at once than kept until its client has given up.
  const room = bulkhead(authConcurrency)

  /** `answer` takes a place in the room; it is false where the SDK has no such API. */
  function handlerOf (answer: (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>) {
    return async function handler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const handled = await room.execute(() => answer(request, reply)).catch((err: unknown) => {
        throw err instanceof BulkheadRejectedError ? new Overloaded({ cause: err }) : err
      })
      if (!handled) throw new NotFound()
      return reply
    }
  }

  function serve (scope: FastifyInstance, { method, path, perTenant = false, body }: Pick<FactorEndpoint, 'method' | 'path' | 'perTenant' | 'body'>, options: object = {}): void {
    const schema = body && { schema: { body } }
    const paths = perTenant ? [path, `/:tenantId(^[a-zA-Z0-9-]+$)${path}`] : [path]
    for (const url of paths) scope.route({ method, url: apiBasePath + url, bodyLimit: BODY_LIMIT, exposeHeadRoute: false, ...schema, handler: handlerOf(handleBySdk), ...options })
  }

  const { factors, login } = app.secondFactor

  function factorOptions ({ prepare, handle }: FactorEndpoint): object {
    return {
      ...(prepare && { preHandler: async ({ body }: FastifyRequest) => { prepare(body as Body) } }),
      ...(handle && { handler: handlerOf((request, reply) => handleBySdkSession(request, reply, (call) => handle(login, call, request.body as Body))) })
    }
  }

  for (const endpoint of factors.flatMap(({ endpoints }) => endpoints)) serve(app, endpoint, factorOptions(endpoint))

  const served = ENDPOINTS.filter(({ recipe }) => app.recipes.has(recipe))
  for (const endpoint of served.filter(({ form = false }) => !form)) serve(app, endpoint)
  // A form needs no leave of ours to be sent from another website (CORS), so nothing else reads them.
  await app.register(async (forms) => {
    await forms.register(formbody, { bodyLimit: BODY_LIMIT })
    for (const endpoint of served.filter(({ form = false }) => form)) serve(forms, endpoint)
  })
}

export default fp(authRoutes, { name: 'fastify-2fa/auth-routes', fastify: '5.x', encapsulate: true, dependencies: [PHONE_PINNING, SESSION_GUARD] })
