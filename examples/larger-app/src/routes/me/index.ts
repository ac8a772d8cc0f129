import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { sessionOf } from 'fastify-2fa'
import { DisplayName, removeUser, renameUser, userOf } from '../../users.js'

const Me = Type.Object({ id: Type.String(), displayName: Type.Union([Type.String(), Type.Null()]) })
const changes = Type.Object({ displayName: DisplayName }, { additionalProperties: false })
const tags = ['Account']

const me: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/', { schema: { tags, response: { 200: Me } } }, async (request) => await userOf(request))

  app.patch('/', { schema: { tags, body: changes, response: { 200: Me } } }, async (request) => {
    return await renameUser(app.db, await userOf(request), request.body.displayName)
  })

  // Nobody gets an account back, so a session that somebody left open is not enough.
  app.delete('/', { schema: { tags }, config: { secondFactor: { maxAge: '5m' } } }, async (request, reply) => {
    const session = sessionOf(request)!
    await removeUser(app.db, session.getUserId())
    // Takes the cookies as well.
    await session.revokeSession()
    return reply.code(204).send()
  })
}

export default me
