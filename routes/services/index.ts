import formbody from '@fastify/formbody'
import fp from 'fastify-plugin'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LIMITS, REVOCATIONS, SESSION_GUARD } from '../../plugins/names.js'
import { ClientRefused } from '../../src/errors.js'
import { createIntrospection } from '../../src/introspection/introspect.js'
import { neverStored } from '../../src/no-store.js'
import { authPathIn } from '../../src/options/auth-path.js'
import type { Fastify2faOptions } from '../../src/options/options.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { PAUSE_SECONDS } from '../../src/outage/circuit.js'
import { createConcurrency } from '../../src/outage/concurrency.js'
import { createPolls } from '../../src/revocations/poll.js'
import { createReaders } from '../../src/revocations/readers.js'
import { describedAs } from '../../src/openapi/described.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'
import { asJson } from '../../src/supertokens/adapter.js'
import { retryAfterOf } from '../../src/supertokens/core-overload.js'
import { toPublicError } from '../../src/supertokens/failures.js'
import { readPoll } from './poll-question.js'
import { readQuestion } from './question.js'

export type ServicesRoutesOptions = Pick<Fastify2faOptions, 'rolesMaxAge' | 'authConcurrency' | 'authMaxWait' | 'eventReaders'>

/** Bytes: an access token and a few words. */
const BODY_LIMIT = 20 * 1024

/** Bytes: names of all tokens of an answer, with what was wrong with each. */
const POLL_LIMIT = 256 * 1024

const CALLER = Symbol('fastify-2fa.service-client')

declare module 'fastify' {
  interface FastifyRequest {
    [CALLER]: string
  }
}

/** Errors by their names in RFC 6749, section 5.2. */
function nameOf (statusCode: number): string {
  if (statusCode === 401) return 'invalid_client'
  return statusCode < 500 && statusCode !== 429 ? 'invalid_request' : 'temporarily_unavailable'
}

async function answerError (err: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { statusCode = 500, code, message, cause } = toPublicError(err)
  if (statusCode >= 500) request.log.error({ err: cause ?? err }, message)
  if (statusCode === 503) reply.header('retry-after', retryAfterOf(err) ?? PAUSE_SECONDS)
  if (statusCode === 429) reply.header('retry-after', (err as { retryAfter?: number }).retryAfter ?? PAUSE_SECONDS)
  if (err instanceof ClientRefused) reply.header('www-authenticate', 'Basic realm="fastify-2fa", charset="UTF-8", Bearer')
  return await asJson(reply).code(statusCode).send({ error: nameOf(statusCode), message, code })
}

/** What services of yours may ask: about a token, and for events. There is nothing here where none has a key. */
async function servicesRoutes (app: FastifyInstance, options: ServicesRoutesOptions): Promise<void> {
  const { serviceClients, revocations, signer, secondFactor: { claim } } = app.twoFactor
  if (serviceClients === undefined) return
  const { rolesMaxAge, authConcurrency, authMaxWait, eventReaders } = resolveOptions(options)
  const base = authPathIn(app)
  const introspect = createIntrospection({ claim, rolesMaxAge })
  const readers = createReaders({ revocations, most: eventReaders })
  serviceClients.onChange(readers.drop)
  const limited = createConcurrency(authConcurrency, { maxWait: authMaxWait })

  neverStored(app)
  app.removeAllContentTypeParsers()
  await app.register(formbody, { bodyLimit: BODY_LIMIT })
  app.setErrorHandler(answerError)
  app.decorateRequest(CALLER, '')
  // Before the body is read: strangers are told nothing, and cost nothing.
  app.addHook('onRequest', async (request) => {
    request[CALLER] = await serviceClients.authenticate(request)
  })
  app.addHook('preClose', async () => { readers.close() })

  app.post(`${base}/introspect`, { config: { ...OPEN_ROUTE, ...describedAs('POST /introspect') }, bodyLimit: BODY_LIMIT }, async (request, reply) => {
    const { token, needsSecondFactor } = readQuestion(request.body)
    return await asJson(reply).send(await limited(() => introspect(token, needsSecondFactor)))
  })

  app.get(`${base}/events`, { config: { ...OPEN_ROUTE, ...describedAs('GET /events') }, exposeHeadRoute: false }, async (request, reply) => {
    readers.admit(request[CALLER])
    reply.hijack()
    readers.open(request[CALLER], reply.raw, request.headers['last-event-id']?.toString())
  })

  // Signed with keys that the receiver has to know.
  if (signer === undefined) return
  const polls = createPolls({ revocations, signer })
  app.addHook('preClose', async () => { polls.close() })
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: POLL_LIMIT }, scope.getDefaultJsonParser('error', 'error'))
    scope.post(`${base}/events/poll`, { config: { ...OPEN_ROUTE, ...describedAs('POST /events/poll') }, bodyLimit: POLL_LIMIT }, async (request, reply) =>
      await asJson(reply).send(await polls.poll(request[CALLER], readPoll(request.body))))
  })
}

export default fp(servicesRoutes, { name: 'fastify-2fa/services-routes', fastify: '5.x', encapsulate: true, dependencies: [SESSION_GUARD, LIMITS, REVOCATIONS] })
