import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AppInfo } from 'supertokens-node/types'
import type { Fastify2faOptions } from '../src/options/options.js'
import { CORE_CONNECTION, SUPERTOKENS } from './names.js'
import { createLanguages, type Languages } from '../src/language/languages.js'
import { authPathOf, type AuthPath } from '../src/options/auth-path.js'
import { resolveOptions } from '../src/options/resolve.js'
import { antiCsrfOf } from '../src/session/anti-csrf.js'
import { TRANSFER_METHODS } from '../src/session/transfer-method.js'
import { allowUpgradesFrom } from '../src/session/upgrades.js'
import { coreHeaders } from '../src/supertokens/core-headers.js'
import { prepareCoreCalls } from '../src/supertokens/core-outage.js'
import { useReturnedUser } from '../src/supertokens/returned-user.js'
import { createRecipeRegistry, type RecipeRegistry } from '../src/supertokens/recipe-registry.js'
import { cacheTenants } from '../src/supertokens/tenant-cache.js'
import { initSdk, newestApp } from '../src/supertokens/sdk.js'
import { askingWebsite } from '../src/supertokens/website.js'
import { share } from '../src/two-factor.js'

export type SupertokensOptions = Omit<Fastify2faOptions, 'core' | 'sms' | 'mail'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** SuperTokens' recipes and overrides. Usable until the app is ready. */
    recipes: RecipeRegistry
    /** Path of the Frontend Driver Interface, with prefixes, as this app receives it and as clients write it. */
    readonly authPath: AuthPath
    /** The languages of answers and messages. */
    readonly languages: Languages
  }
}

/** Runs supertokens-node: collects what the other plugins add, and starts the SDK once, after all checks. */
async function supertokens (app: FastifyInstance, options: SupertokensOptions & { prefix?: string }): Promise<void> {
  const resolved = resolveOptions(options, ['address'])
  const { appName, apiDomain, websiteDomains, websiteBasePath } = resolved.appInfo
  // Fastify applies the prefix in the options only to the scope of the routes.
  const authPath = authPathOf([app.prefix, options.prefix ?? ''], resolved.appInfo)
  share(app, 'authPath', authPath)
  share(app, 'languages', createLanguages(resolved))
  const appInfo = { appName, apiDomain, apiBasePath: authPath.public === '' ? '/' : authPath.public, websiteBasePath }
  const recipes = createRecipeRegistry()
  share(app, 'recipes', recipes)

  allowUpgradesFrom(app, websiteDomains)

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
    const { connectionURI, apiKey, embedded } = app.twoFactor.core
    const { sms: _sms, mail: _mail, core: _core, secureByDefault: _secureByDefault, sessionProperty: _sessionProperty, guardRefusals: _guardRefusals, traceUserIds: _traceUserIds, traceSenders: _traceSenders, defaultLanguage: _defaultLanguage, messages: _messages, signingKeys: _signingKeys, forwardAuth: _forwardAuth, serviceClients: _serviceClients, admin: _admin, eventReaders: _eventReaders, eventReceiver: _eventReceiver, audit: _audit, metrics: _metrics, appInfo: _appInfo, ...rules } = resolved
    const recipeList = await recipes.close()
    initSdk(app, { connectionURI, apiKey, rules, appInfo, websiteDomains }, () => {
      prepareCoreCalls(app, () => newestApp().twoFactor.core.apiKey)
      return {
        framework: 'fastify',
        supertokens: { connectionURI, ...(apiKey !== undefined && { apiKey }), networkInterceptor: coreHeaders(embedded) },
        appInfo: { ...appInfo, origin },
        telemetry: false,
        recipeList: [...recipeList, useReturnedUser()]
      }
    })
  })
}

export default fp(supertokens, { name: SUPERTOKENS, fastify: '5.x', dependencies: [CORE_CONNECTION] })
