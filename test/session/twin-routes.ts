import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type preHandlerHookHandler } from 'fastify'
import { verifySession } from 'supertokens-node/recipe/session/framework/fastify'
import type { SessionClaimValidator, VerifySessionOptions } from 'supertokens-node/recipe/session/types'
import { PermissionClaim, UserRoleClaim } from 'supertokens-node/recipe/userroles'
import type { Test } from 'tap'
import { fastify2fa, secondFactorValidator, type Fastify2faOptions } from '../../src/index.js'

/** Says everything that a handler can see of a session. */
async function tell ({ session }: FastifyRequest) {
  if (session === undefined) return { session: null }
  return {
    user: session.getUserId(),
    recipeUser: session.getRecipeUserId().getAsString(),
    tenant: session.getTenantId(),
    handle: session.getHandle(),
    payload: session.getAccessTokenPayload() as object,
    tokens: session.getAllSessionTokensDangerously()
  }
}

/** Also changes the session, so that the answer shows by which way tokens travel back. */
async function change (request: FastifyRequest) {
  await request.session?.mergeIntoAccessTokenPayload({ changed: true })
  return await tell(request)
}

const custom: SessionClaimValidator = {
  id: 'tenant',
  validate: async (payload) => payload.tId === 'public' ? { isValid: true } : { isValid: false, reason: { tenant: payload.tId } }
}

/** The SDK's own guard. It rethrows what it has answered; in Fastify that would be answered twice. */
function stock (options: VerifySessionOptions): preHandlerHookHandler {
  const verify = verifySession<FastifyRequest>(options)
  async function stockGuard (request: FastifyRequest, reply: FastifyReply) {
    try {
      await verify(request as never, reply as never)
    } catch (err) {
      if (!reply.sent) throw err
      return reply
    }
  }
  return stockGuard as unknown as preHandlerHookHandler
}

/** An app with each kind of guarded route twice: `/ours/…` behind our guard, `/stock/…` behind the SDK's. */
export async function buildTwins (t: Test, options: Fastify2faOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { sms: { provider: 'log' }, mail: { provider: 'log' }, ...options })
  const { claim } = app.twoFactor.secondFactor
  const secondFactor = (maxAge?: number): VerifySessionOptions => ({
    overrideGlobalClaimValidators: (validators) => [...validators.filter(({ id }) => id !== claim.key), secondFactorValidator(claim, maxAge)]
  })
  const kinds: Record<string, VerifySessionOptions> = {
    plain: {},
    open: { overrideGlobalClaimValidators: () => [] },
    optional: { sessionRequired: false },
    checked: { antiCsrfCheck: true },
    unchecked: { antiCsrfCheck: false },
    database: { checkDatabase: true },
    role: { overrideGlobalClaimValidators: (validators) => [...validators, UserRoleClaim.validators.includes('admin', Infinity)] },
    custom: { overrideGlobalClaimValidators: async (validators, session) => session.getTenantId() === 'other' ? [] : [...validators, custom] }
  }
  for (const [kind, verifyOptions] of Object.entries(kinds)) {
    app.all(`/ours/${kind}`, { preHandler: app.verifySession!(verifyOptions) }, tell)
    app.all(`/stock/${kind}`, { preHandler: stock(verifyOptions) }, tell)
  }
  app.all('/ours/second-factor', { preHandler: app.require2FA! }, tell)
  app.all('/stock/second-factor', { preHandler: stock(secondFactor()) }, tell)
  app.all('/ours/fresh', { preHandler: app.require2FA!, config: { secondFactor: { maxAge: '5m' } } }, tell)
  app.all('/stock/fresh', { preHandler: stock(secondFactor(300)) }, tell)
  const listed = { roles: ['admin'], permissions: ['posts:write'] }
  app.all('/ours/listed', { preHandler: app.require2FA!, config: { secondFactor: listed } }, tell)
  app.all('/stock/listed', {
    preHandler: stock({
      overrideGlobalClaimValidators: (validators) => [
        ...validators.filter(({ id }) => id !== claim.key), secondFactorValidator(claim), UserRoleClaim.validators.includesAll(listed.roles), PermissionClaim.validators.includesAll(listed.permissions)
      ]
    })
  }, tell)
  const byCode = { factors: ['sms'], maxAge: '5m' }
  app.all('/ours/by-code', { preHandler: app.require2FA!, config: { secondFactor: byCode } }, tell)
  app.all('/stock/by-code', {
    preHandler: stock({
      overrideGlobalClaimValidators: (validators) => [
        ...validators.filter(({ id }) => id !== claim.key), secondFactorValidator(claim, 300, app.twoFactor.secondFactor.factors.filter(({ id }) => id === 'sms'))
      ]
    })
  }, tell)
  app.all('/ours/change', { preHandler: app.require2FA! }, change)
  app.all('/stock/change', { preHandler: stock(secondFactor()) }, change)
  await app.ready()
  return app
}

export const KINDS = ['plain', 'open', 'optional', 'checked', 'unchecked', 'database', 'role', 'custom', 'second-factor', 'fresh', 'listed', 'by-code', 'change'] as const
