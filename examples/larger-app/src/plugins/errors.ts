import type { FastifyError, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** What went wrong inside is for the log. Refusals of guards and answers of /auth do not come by here. */
async function errors (app: FastifyInstance): Promise<void> {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { statusCode = 500 } = error
    if (statusCode < 500) return reply.code(statusCode).send({ message: error.message, code: error.code })
    request.log.error({ err: error }, 'failed')
    return reply.code(statusCode).send({ message: 'Something went wrong' })
  })
}

export default fp(errors, { name: 'errors' })
