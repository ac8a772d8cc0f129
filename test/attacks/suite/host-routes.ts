import type { FastifyInstance } from 'fastify'

/** What a larger app might do with its sessions, written without much care. */
export function addHostRoutes (app: FastifyInstance): void {
  const { claim } = app.twoFactor.secondFactor
  const firstFactorIsEnough = app.verifySession!({ overrideGlobalClaimValidators: (validators) => validators.filter(({ id }) => id !== claim.key) })

  app.route({ method: 'POST', url: '/host/state', preHandler: app.require2FA!, handler: async () => ({ changed: true }) })
  app.all('/host/any', { preHandler: app.require2FA! }, async () => ({ secret: true }))
  app.all('/host/any-session', { preHandler: app.verifySession!() }, async () => ({ secret: true }))

  // Keeps whatever the client says, in the token and in the database.
  app.post('/host/payload', { preHandler: firstFactorIsEnough }, async ({ session, body }) => {
    await session!.mergeIntoAccessTokenPayload(body as Record<string, string>)
    return {}
  })
  app.post('/host/data', { preHandler: firstFactorIsEnough }, async ({ session, body }) => {
    await session!.updateSessionDataInDatabase(body)
    return await session!.getSessionDataFromDatabase()
  })

  app.get('/host/alive', { preHandler: app.verifySession!({ checkDatabase: true, overrideGlobalClaimValidators: () => [] }) }, async () => ({}))
}
