import type { FastifyInstance } from 'fastify'
import { fastify2fa, type Fastify2faOptions } from 'fastify-2fa'
import { UserRoles } from 'fastify-2fa/supertokens'
import fp from 'fastify-plugin'
import { addUser } from '../users.js'
import type { Config } from '../config.js'

function optionsFrom (config: Config): Fastify2faOptions {
  const { CORE_URI, CORE_API_KEY, SMS_WEBHOOK_URL, SMS_WEBHOOK_SECRET } = config
  return {
    appInfo: { appName: 'Shop', apiDomain: config.API_DOMAIN, websiteDomains: config.WEBSITE_DOMAINS },
    core: CORE_URI === undefined ? { embedded: {} } : { connectionURI: CORE_URI, ...(CORE_API_KEY !== undefined && { apiKey: CORE_API_KEY }) },
    ...(SMS_WEBHOOK_URL !== undefined && { sms: { provider: 'webhook', url: SMS_WEBHOOK_URL, secret: SMS_WEBHOOK_SECRET ?? '' } }),
    // A route that forgets its guard is guarded, and one that misspells it stops the boot.
    secureByDefault: true
  }
}

/** Signing in, and a guard on every route that is not marked as public. */
async function twoFactor (app: FastifyInstance, { twoFactor: ofTests }: { twoFactor: Fastify2faOptions }): Promise<void> {
  await app.register(fastify2fa, { ...optionsFrom(app.config), ...ofTests })
  app.twoFactor.recipes.override('emailpassword', {
    functions: (original) => ({
      ...original,
      async signUp (input) {
        const result = await original.signUp(input)
        // The account is there, whatever becomes of the row: whoever lacks one gets it at first sight (`userOf`).
        if (result.status === 'OK') {
          await addUser(app.db, result.user.id).catch((err: unknown) => { app.log.error({ err }, 'no row for a new account') })
        }
        return result
      }
    })
  })
  // Before anybody signs in: while there are no roles at all, replicas look for them every half minute only.
  app.addHook('onReady', async () => { await UserRoles.createNewRoleOrAddPermissions('admin', []) })
}

// After swagger, or the document lacks the routes for signing in; after CORS, or no page could call them.
export default fp(twoFactor, { name: 'two-factor', dependencies: ['cors', 'database', 'swagger'] })
