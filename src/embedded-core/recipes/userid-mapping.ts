import type { FastifyInstance } from 'fastify'
import { answer } from '../http/call.js'
import { notEmpty, type Body } from '../input/body.js'
import { badRequest } from '../input/refusals.js'
import { trim } from '../input/trim.js'
import { stored, WIDTHS } from '../input/widths.js'
import { createMapping, removeMapping, updateMappingInfo } from '../users/id-mapping.js'
import { findMapping, type IdType } from '../users/user-ids.js'

export async function userIdMapping (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/userid/map', answer((call) => {
    const userId = notEmpty(call.body.string('superTokensUserId'), 'superTokensUserId')
    const externalId = notEmpty(call.body.string('externalUserId'), 'externalUserId')
    const info = call.body.has('externalUserIdInfo') ? infoOf(call.body) : null
    const force = call.body.optionalBoolean('force') ?? false
    const { db, now } = call.publicApp()
    stored(externalId, 'externalUserId', WIDTHS.userId)
    return db.transaction(() => createMapping(db, userId, externalId, info, force ? undefined : now()))
  }))

  fastify.get('/recipe/userid/map', answer((call) => {
    const userId = notEmpty(call.query.string('userId'), 'userId')
    const type = idType(call.query.optional('userIdType'))
    const found = findMapping(call.publicApp({ tenantFirst: true }).db, userId, type)
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
    const { db, now } = call.publicApp({ tenantFirst: true })
    return { status: 'OK', didMappingExist: removeMapping(db, userId, type, force ? undefined : now()) }
  }))

  fastify.put('/recipe/userid/external-user-id-info', answer((call) => {
    const userId = notEmpty(call.body.string('userId'), 'userId')
    const type = idType(call.body.optionalString('userIdType'))
    const info = infoOf(call.body)
    return updateMappingInfo(call.publicApp({ tenantFirst: true }).db, userId, type, info) ? { status: 'OK' } : { status: 'UNKNOWN_MAPPING_ERROR' }
  }))
}

function infoOf (body: Body): string | null {
  return body.isNull('externalUserIdInfo') ? null : notEmpty(body.string('externalUserIdInfo'), 'externalUserIdInfo')
}

function idType (given: string | undefined): IdType {
  const type = given === undefined ? 'ANY' : trim(given)
  if (type !== 'SUPERTOKENS' && type !== 'EXTERNAL' && type !== 'ANY') {
    throw badRequest('Field name \'userIdType\' should be one of \'SUPERTOKENS\', \'EXTERNAL\' or \'ANY\'')
  }
  return type
}
