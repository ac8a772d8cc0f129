import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AppInfo } from 'supertokens-node/types'
import type { Fastify2faOptions } from '../src/options/options.js'
import { CORE_CONNECTION, SUPERTOKENS } from './names.js'
import { resolveOptions } from '../src/options/resolve.js'
import { antiCsrfOf } from '../src/session/anti-csrf.js'
import { TRANSFER_METHODS } from '../src/session/transfer-method.js'
import { prepareForOutages } from '../src/supertokens/core-outage.js'
import { createRecipeRegistry, type RecipeRegistry } from '../src/supertokens/recipe-registry.js'
import { cacheTenants } from '../src/supertokens/tenant-cache.js'
import { initSdk } from '../src/supertokens/sdk.js'
import { askingWebsite } from '../src/supertokens/website.js'
import { share } from '../src/two-factor.js'

export type SupertokensOptions = Omit<Fastify2faOptions, 'core' | 'sms' | 'mail'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** SuperTokens' recipes and overrides. Usable until the app is ready. */
    recipes: RecipeRegistry
  }
}

/** Runs supertokens-node: collects what the other plugins add, and starts the SDK once, after all checks. */
async function supertokens (app: FastifyInstance, options: SupertokensOptions): Promise<void> {
  const resolved = resolveOptions(options, ['address'])
  const { appName, apiDomain, apiBasePath, websiteDomains, websiteBasePath } = resolved.appInfo
  const recipes = createRecipeRegistry()
  share(app, 'recipes', recipes)

  const antiCsrf = antiCsrfOf(resolved)
  recipes.add('usermetadata', {})
  recipes.add('multitenancy', {})
  recipes.override('multitenancy', { functions: (original) => cacheTenants(original) })
  recipes.add('session', {
    getTokenTransferMethod: TRANSFER_METHODS[resolved.tokenTransferMethod],
    ...(antiCsrf && { antiCsrf }),
    // Clears cookies from before a domain was configured; they would otherwise remain beside the new ones for ever.
    ...(resolved.cookieDomain && { cookieDomain: resolved.cookieDomain, olderCookieDomain: '' })
  })

  const origin: AppInfo['origin'] = ({ request }) => askingWebsite(websiteDomains, request?.original as FastifyRequest | undefined)

  app.addHook('onReady', async () => {
    const { connectionURI, apiKey } = app.twoFactor.core
    const { sms: _sms, mail: _mail, core: _core, secureByDefault: _secureByDefault, sessionProperty: _sessionProperty, ...rules } = resolved
    const recipeList = await recipes.close()
    initSdk(app, { connectionURI, apiKey, rules }, () => {
      prepareForOutages(app)
      return {
        framework: 'fastify',
        supertokens: { connectionURI, ...(apiKey !== undefined && { apiKey }) },
        appInfo: { appName, apiDomain, apiBasePath, websiteBasePath, origin },
        telemetry: false,
        recipeList
      }
    })
  })
}

export default fp(supertokens, { name: SUPERTOKENS, fastify: '5.x', dependencies: [CORE_CONNECTION] })
