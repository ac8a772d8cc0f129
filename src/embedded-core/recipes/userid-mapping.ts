import type { FastifyInstance } from 'fastify'
import { notEmpty, type Body } from '../http/input.js'
import { createMapping, refuseIfUsed } from '../users/id-mapping.js'
import { badRequest } from '../http/refusals.js'
import { answer } from '../http/transport.js'
import { findMapping, recipesUsing, userExists, type IdType } from '../users/user-ids.js'

export async function userIdMapping (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/userid/map', answer((call) => {
    const userId = notEmpty(call.body.string('superTokensUserId'), 'superTokensUserId')
    const externalId = notEmpty(call.body.string('externalUserId'), 'externalUserId')
    const info = call.body.has('externalUserIdInfo') ? infoOf(call.body) : null
    const force = call.body.optionalBoolean('force') ?? false
    const { db, now } = call.publicApp()
    return db.transaction(() => createMapping(db, userId, externalId, info, force ? undefined : now()))
  }))

  fastify.get('/recipe/userid/map', answer((call) => {
    const userId = notEmpty(call.query.string('userId'), 'userId')
    const type = idType(call.query.optional('userIdType'))
    const found = findMapping(call.publicApp().db, userId, type)
    return found === undefined
      ? { status: 'UNKNOWN_MAPPING_ERROR' }
      : {
          status: 'OK',
          superTokensUserId: found.user_id,
          externalUserId: found.external_id,
          ...(found.info !== null && { externalUserIdInfo: found.info })
        }
  }))

  fastify.post('/recipe/userid/map/remove', answer((call) => {
    const userId = notEmpty(call.body.string('userId'), 'userId')
    const type = idType(call.body.optionalString('userIdType'))
    const force = call.body.optionalBoolean('force') ?? false
    const { db, now } = call.publicApp()
    return db.transaction(() => {
      const found = findMapping(db, userId, type)
      if (found === undefined) return { status: 'OK', didMappingExist: false }
      if (!force && !userExists(db, found.external_id)) refuseIfUsed(recipesUsing(db, found.external_id, now()))
      db.run('DELETE FROM user_ids WHERE user_id = ?', found.user_id)
      return { status: 'OK', didMappingExist: true }
    })
  }))

  fastify.put('/recipe/userid/external-user-id-info', answer((call) => {
    const userId = notEmpty(call.body.string('userId'), 'userId')
    const type = idType(call.body.optionalString('userIdType'))
    const info = infoOf(call.body)
    const { db } = call.publicApp()
    const found = findMapping(db, userId, type)
    if (found === undefined) return { status: 'UNKNOWN_MAPPING_ERROR' }
    db.run('UPDATE user_ids SET info = ? WHERE user_id = ?', info, found.user_id)
    return { status: 'OK' }
  }))
}

function infoOf (body: Body): string | null {
  return body.isNull('externalUserIdInfo') ? null : notEmpty(body.string('externalUserIdInfo'), 'externalUserIdInfo')
}

function idType (given: string | undefined): IdType {
  const type = given?.trim() ?? 'ANY'
  if (type !== 'SUPERTOKENS' && type !== 'EXTERNAL' && type !== 'ANY') {
    throw badRequest('Field name \'userIdType\' should be one of \'SUPERTOKENS\', \'EXTERNAL\' or \'ANY\'')
  }
  return type
}
