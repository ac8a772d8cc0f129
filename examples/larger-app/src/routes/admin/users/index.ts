import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listUsers, removeUser } from '../../../users.js'

const Listed = Type.Object({ id: Type.String(), authUserId: Type.String(), displayName: Type.Union([Type.String(), Type.Null()]) })
const tags = ['Administration']

/** In each route rather than in a hook of the folder: whoever reads a route sees who may call it. */
const ADMIN = { secondFactor: { roles: ['admin'], maxAge: '15m' } }

const users: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/', { schema: { tags, response: { 200: Type.Array(Listed) } }, config: ADMIN }, async () => await listUsers(app.db))

  app.delete('/:authUserId', {
    schema: { tags, params: Type.Object({ authUserId: Type.String({ maxLength: 64 }) }) },
    config: ADMIN
  }, async (request, reply) => {
    await removeUser(app.db, request.params.authUserId)
    return reply.code(204).send()
  })
}

export default users
