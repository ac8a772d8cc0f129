import * as Multitenancy from 'supertokens-node/recipe/multitenancy'
import type { Test } from 'tap'
import type { ServiceOptions } from '../../../src/index.js'
import { libraryOptions } from '../../../src/options/library-options.js'
import { testCore } from '../../helper.js'
import { attackBinding } from './binding.js'
import { buildHost } from './clients.js'
import { attackLengths } from './lengths.js'
import { attackFirstFactor } from './first-factor.js'
import { assertProductionRoutes, attackEveryRoute } from './reachability.js'
import { attackTokens } from './tokens.js'
import { attackTransport } from './transport.js'

/** Every attack, performed over HTTP against one configuration; the SDK takes one at a time, so each has a file. */
export function runAttackSuite (t: Test, options: ServiceOptions): void {
  t.test('attacks', async (t) => {
    const settings = { ...(await testCore()).options, ...options }
    const { app, routes } = await buildHost(t, settings)
    await Multitenancy.createOrUpdateTenant('other', { firstFactors: ['emailpassword', 'otp-phone'] })
    await Multitenancy.createOrUpdateTenant('closed', { firstFactors: [] })
    await t.test('the code and what it is bound to', (t) => attackBinding(t, app))
    await t.test('the way to a first factor, and what it leads to', (t) => attackFirstFactor(t, app))
    await t.test('tokens, cookies and what is kept in them', (t) => attackTokens(t, app))
    await t.test('methods, paths, headers and bodies', (t) => attackTransport(t, app, libraryOptions(settings)))
    await t.test('texts that are too long for the Core', (t) => attackLengths(t, app))
    await t.test('every route in every state of a session', async (t) => {
      await attackEveryRoute(t, app, routes)
      const appInfo = { apiDomain: 'http://localhost:3000', ...settings.appInfo }
      const live = await buildHost(t, { ...settings, appInfo, production: true, printCodesInProduction: true })
      assertProductionRoutes(t, live.app, live.routes)
    })
  })
}
