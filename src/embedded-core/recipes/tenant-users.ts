import type { FastifyInstance } from 'fastify'
import { answer } from '../http/call.js'
import { notEmpty } from '../input/body.js'
import { associate, disassociate } from '../users/memberships.js'

/** Which users belong to which tenant. */
export async function tenantUsers (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/multitenancy/tenant/user', answer((call) => {
    // The real Core's error names the field `userId`.
    const givenId = notEmpty(call.body.string('recipeUserId'), 'userId')
    return associate(call.tenant(), givenId)
  }))

  fastify.post('/recipe/multitenancy/tenant/user/remove', answer((call) => {
    const givenId = notEmpty(call.body.string('recipeUserId'), 'userId')
    return disassociate(call.tenant(), givenId)
  }))
}
