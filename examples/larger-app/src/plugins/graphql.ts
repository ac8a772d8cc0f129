import type { FastifyInstance, FastifyRequest } from 'fastify'
import { require2FA, sessionOf } from 'fastify-2fa'
import fp from 'fastify-plugin'
import { GraphQLError } from 'graphql'
import mercurius, { type MercuriusOptions } from 'mercurius'
import { resolvers, schema } from '../schema.js'

type ErrorFormatter = NonNullable<MercuriusOptions['errorFormatter']>

/** Whether an error was meant for the client: what a query has wrong, and what resolvers refuse. */
function isMeant ({ originalError }: GraphQLError): boolean {
  const statusCode: unknown = Reflect.get(originalError ?? {}, 'statusCode')
  return originalError === undefined || (typeof statusCode === 'number' && statusCode < 500)
}

/** mercurius sends the text of every error, PostgreSQL's too. */
const formatErrors: ErrorFormatter = (execution, context) => {
  const errors = execution.errors?.map((error) => {
    if (isMeant(error)) return error
    context.app.log.error({ err: error.originalError }, 'a resolver failed')
    return new GraphQLError('Something went wrong', { nodes: error.nodes ?? null, path: error.path ?? null })
  })
  return mercurius.defaultErrorFormatter({ ...execution, ...(errors !== undefined && { errors }) }, context)
}

const contextOf = (request: FastifyRequest) => ({ session: sessionOf(request)! })

/** GraphQL at /graphql, also by websocket. */
async function graphQl (app: FastifyInstance): Promise<void> {
  await app.register(mercurius, {
    schema,
    resolvers,
    queryDepth: 6,
    additionalRouteOptions: { preHandler: require2FA },
    context: contextOf,
    errorFormatter: formatErrors,
    subscription: { context: async (_socket, request) => contextOf(request) }
  })
}

export default fp(graphQl, { name: 'graphql', dependencies: ['websocket', 'two-factor'] })
