import * as Multitenancy from 'supertokens-node/recipe/multitenancy'
import type { Test } from 'tap'
import type { ServiceOptions } from '../../../src/app.js'
import { attackBinding } from './binding.js'
import { buildHost } from './clients.js'
import { attackFirstFactor } from './first-factor.js'
import { attackTokens } from './tokens.js'

/** Every attack, performed over HTTP against one configuration; supertokens-node is one per process, so each has a file. */
export function runAttackSuite (t: Test, options: ServiceOptions): void {
  t.test('attacks', async (t) => {
    const { app } = await buildHost(t, options)
    await Multitenancy.createOrUpdateTenant('other', { firstFactors: ['emailpassword', 'otp-phone'] })
    await Multitenancy.createOrUpdateTenant('closed', { firstFactors: [] })
    await t.test('the code and what it is bound to', (t) => attackBinding(t, app))
    await t.test('the way to a first factor, and what it leads to', (t) => attackFirstFactor(t, app))
    await t.test('tokens, cookies and what is kept in them', (t) => attackTokens(t, app))
  })
}
