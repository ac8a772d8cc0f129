import type { FastifyInstance } from 'fastify'
import { readUserIds } from '../http/input.js'
import { mergeMetadata, readMetadata } from '../users/metadata.js'
import { answer } from '../http/transport.js'

export async function userMetadata (fastify: FastifyInstance): Promise<void> {
  fastify.get('/recipe/user/metadata', answer((call) => {
    const userId = call.query.string('userId')
    return { status: 'OK', metadata: readMetadata(call.publicApp().db, userId) ?? {} }
  }))

  fastify.post('/recipe/user/metadata/bulk', answer((call) => {
    const userIds = readUserIds(call.body)
    const { db } = call.publicApp()
    return { status: 'OK', users: userIds.map((userId) => ({ userId, metadata: readMetadata(db, userId) ?? null })) }
  }))

  fastify.put('/recipe/user/metadata', answer((call) => {
    const userId = call.body.string('userId')
    const update = call.body.object('metadataUpdate')
    const { db } = call.publicApp()
    return { status: 'OK', metadata: db.transaction(() => mergeMetadata(db, userId, update)) }
  }))

  fastify.post('/recipe/user/metadata/remove', answer((call) => {
    const userId = call.body.string('userId')
    call.publicApp().db.run('DELETE FROM user_metadata WHERE user_id = ?', userId)
    return { status: 'OK' }
  }))
}
