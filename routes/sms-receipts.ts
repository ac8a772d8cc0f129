import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { DELIVERY, LIMITS } from '../plugins/names.js'
import type { Receipt } from '../src/delivery/sms/receipt-desk.js'
import { NotFound } from '../src/errors.js'
import { authPathIn } from '../src/options/auth-path.js'
import { describedAs } from '../src/openapi/described.js'
import { OPEN_ROUTE } from '../src/session/open-route.js'

/** Bytes. Providers report a status and a few names. */
const BODY_LIMIT = 16 * 1024

const PATH = '/sms/receipts/:provider/:receipt'
const DESCRIBED = '/sms/receipts/{provider}/{receipt}'

const RECEIPT = Symbol('fastify-2fa.receipt')

declare module 'fastify' {
  interface FastifyRequest {
    [RECEIPT]: Receipt | null
  }
}

/** What providers report about text messages. There is nothing here unless `smsReceipts` is on. */
async function smsReceiptsRoutes (app: FastifyInstance): Promise<void> {
  const { smsReceipts: desk, limits } = app.twoFactor
  const receipts = limits?.receipts
  if (desk === undefined || receipts === undefined) return

  // Signatures are over what was received, and providers have many media types.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_request, body, done) => { done(null, body) })
  app.decorateRequest(RECEIPT, null)
  // Before the body is read: strangers are told nothing, and cost nothing.
  app.addHook<{ Params: { provider: string, receipt: string } }>('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    request[RECEIPT] = desk.find(request.params.provider, request.params.receipt) ?? null
    if (request[RECEIPT] === null) throw new NotFound()
  })

  for (const method of ['GET', 'POST'] as const) {
    // The address is what proves a receipt of some providers, so no log has it.
    app.route({
      method,
      url: authPathIn(app) + PATH,
      exposeHeadRoute: false,
      logLevel: 'warn',
      bodyLimit: BODY_LIMIT,
      config: { ...OPEN_ROUTE, ...describedAs(`${method} ${DESCRIBED}`) },
      async handler (request, reply) {
        const [, query = ''] = request.url.split('?', 2)
        const { headers, body } = request
        const read = { query, headers, type: (headers['content-type'] ?? '').toLowerCase(), body: typeof body === 'string' ? body : '' }
        if (!await desk.take(request[RECEIPT]!, read, receipts, request.log)) throw new NotFound()
        return await reply.code(204).send()
      }
    })
  }
}

export default fp(smsReceiptsRoutes, { name: 'fastify-2fa/sms-receipts-routes', fastify: '5.x', encapsulate: true, dependencies: [DELIVERY, LIMITS] })
