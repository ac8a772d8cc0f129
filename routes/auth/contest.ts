import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CONTEST_PATH, sendPage, type Page } from '../../src/account/contest-page.js'
import { ALREADY } from '../../src/account/contests.js'
import { LONGEST_TOKEN } from '../../src/account/links.js'
import { answering } from '../../src/limits/answers.js'
import { object, text } from '../../src/second-factor/schemas.js'
import { describedAs } from '../../src/openapi/described.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'
import { asJson, callOf } from '../../src/supertokens/adapter.js'
import { toPublicError } from '../../src/supertokens/failures.js'
import { WITHOUT_QUERY } from '../../src/without-query.js'
import { BODY_LIMIT, parseForms } from './parsers.js'
import { showRefusals } from './refusals.js'

interface ContestRouteOptions {
  apiBasePath: string
  appName: string
  /** Runs work within the concurrency limit of the scope. */
  handlerOf (answer: (request: FastifyRequest, reply: FastifyReply) => Promise<boolean>): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>
}

const withToken = object({ token: text(LONGEST_TOKEN) }, ['token'])

const asksForJson = ({ headers }: FastifyRequest): boolean => headers['content-type']?.startsWith('application/json') === true

/**
 * The page of a link that undoes or stops something, and the form on it. No session is needed: its receiver may have lost
 * everything else. Opening it changes nothing, since programs that look at mails open links, too.
 *
 * Another website can send the form, but only with a token that it has: it can contest what was done to its own account.
 */
export async function contestRoute (app: FastifyInstance, { apiBasePath, appName, handlerOf }: ContestRouteOptions): Promise<void> {
  await parseForms(app)

  function show (request: FastifyRequest, reply: FastifyReply, status: number, page: Pick<Page, 'text' | 'ask'>): FastifyReply {
    return sendPage(reply, status, { appName, speaker: app.twoFactor.languages.of(request), ...page })
  }

  const answerAsJson = app.errorHandler
  app.setErrorHandler(async (err, request, reply) => {
    if (asksForJson(request)) return await answerAsJson(err, request, reply)
    const { statusCode = 500, message, cause } = toPublicError(err)
    if (statusCode >= 500) request.log.error({ err: cause ?? err }, message)
    return await show(request, reply, statusCode, { text: message })
  })

  const route = (method: string) => ({ url: apiBasePath + CONTEST_PATH, config: { ...OPEN_ROUTE, ...describedAs(`${method} ${CONTEST_PATH}`) }, logSerializers: WITHOUT_QUERY })

  app.route({
    method: 'GET',
    ...route('GET'),
    // For programs that look at mails: a host's logger writes the whole address of what was not found.
    exposeHeadRoute: true,
    schema: { querystring: withToken },
    handler: handlerOf(async (request, reply) => {
      const { token } = request.query as { token: string }
      const { options: { res }, userContext } = callOf(request, reply)
      const opened = await answering(res, async () => ({ status: 'OK' as const, ...await app.twoFactor.contests.look(token, userContext) }))
      if (opened.status !== 'OK') show(request, reply, 429, { text: opened.message })
      else if (opened.isDone) show(request, reply, 200, { text: ALREADY })
      else show(request, reply, 200, { text: opened.contest.question, ask: { ...opened, action: app.twoFactor.authPath.public + CONTEST_PATH, token } })
      return true
    })
  })

  app.route({
    method: 'POST',
    ...route('POST'),
    bodyLimit: BODY_LIMIT,
    schema: { body: withToken },
    preSerialization: showRefusals('GENERAL_ERROR'),
    handler: handlerOf(async (request, reply) => {
      const { token } = request.body as { token: string }
      const { options: { res }, userContext } = callOf(request, reply)
      const answer = await answering(res, async () => ({ status: 'OK' as const, message: await app.twoFactor.contests.use(token, userContext) }))
      if (asksForJson(request)) asJson(reply).send(answer)
      else show(request, reply, answer.status === 'OK' ? 200 : 429, { text: answer.message })
      return true
    })
  })
}
