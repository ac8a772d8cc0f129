import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { createMetrics } from '../src/metrics/create-metrics.js'
import type { Metrics } from '../src/metrics/metrics.js'
import { countPasswords, countSessions, countSocialLogins } from '../src/metrics/recipes.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { reasonForProduction } from '../src/options/production.js'
import { resolveOptions } from '../src/options/resolve.js'
import { share } from '../src/two-factor.js'
import { AUDIT, LIMITS, METRICS, SESSION_GUARD } from './names.js'

export type MetricsPluginOptions = Pick<Fastify2faOptions, 'metrics' | 'production' | 'appInfo' | 'defaultCountry' | 'limits'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** What this app counts; undefined if it counts nothing. */
    readonly metrics: Metrics | undefined
  }
}

/** Counts what happens in this app, for Prometheus, if `metrics` is on. */
async function metricsPlugin (app: FastifyInstance, options: MetricsPluginOptions): Promise<void> {
  const { recipes } = app.twoFactor
  recipes.override('emailpassword', { apis: countPasswords })
  if (recipes.has('thirdparty')) recipes.override('thirdparty', { apis: countSocialLogins })
  recipes.override('session', { functions: countSessions })

  const { metrics: rules, defaultCountry, limits } = resolveOptions(options)
  if (rules === undefined) {
    share(app, 'metrics', undefined)
    return
  }
  const countries = [...limits === false ? [] : limits.countries, ...defaultCountry === undefined ? [] : [defaultCountry]]
  share(app, 'metrics', await createMetrics(app, { ...rules, mayBeOpen: reasonForProduction(options) === undefined, countries }))
}

export default fp(metricsPlugin, { name: METRICS, fastify: '5.x', dependencies: [LIMITS, AUDIT, SESSION_GUARD] })
