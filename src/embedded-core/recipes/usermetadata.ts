import type { FastifyInstance } from 'fastify'
import { answer } from '../http/call.js'
import { readUserIds } from '../input/body.js'
import { stored, WIDTHS } from '../input/widths.js'
import { mergeMetadata, readMetadata, removeMetadata } from '../users/metadata.js'

export async function userMetadata (fastify: FastifyInstance): Promise<void> {
  fastify.get('/recipe/user/metadata', answer((call) => {
    const userId = call.query.string('userId')
    return { status: 'OK', metadata: readMetadata(call.publicApp().db, userId) ?? {} }
  }))

  fastify.post('/recipe/user/metadata/bulk', answer((call) => {
    const userIds = readUserIds(call.body)
    if (userIds.length === 0) return { status: 'OK', users: [] }
    const { db } = call.publicApp()
    return { status: 'OK', users: userIds.map((userId) => ({ userId, metadata: readMetadata(db, userId) ?? null })) }
  }))

  fastify.put('/recipe/user/metadata', answer((call) => {
    const userId = call.body.string('userId')
    const update = call.body.object('metadataUpdate')
    const { db } = call.publicApp()
    stored(userId, 'userId', WIDTHS.userId)
    return { status: 'OK', metadata: db.transaction(() => mergeMetadata(db, userId, update)) }
  }))

  fastify.post('/recipe/user/metadata/remove', answer((call) => {
    const userId = call.body.string('userId')
    removeMetadata(call.publicApp().db, userId)
    return { status: 'OK' }
  }))
}
