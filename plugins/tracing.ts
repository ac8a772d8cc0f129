import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { startTracing } from '../src/tracing/opentelemetry.js'
import { traceApis } from '../src/tracing/steps.js'
import { share } from '../src/two-factor.js'
import { AUDIT, TRACING } from './names.js'

export type TracingOptions = Pick<Fastify2faOptions, 'traceUserIds'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** What traces may say. */
    readonly tracing: { readonly userIds: boolean }
  }
}

/**
 * Writes spans of OpenTelemetry for each step of a login, as the outermost override. Off, with nothing loaded, unless an
 * SDK is registered when the app is built (`docs/tracing.md`).
 */
async function tracing (app: FastifyInstance, options: TracingOptions): Promise<void> {
  share(app, 'tracing', { userIds: resolveOptions(options).traceUserIds })
  await startTracing(app.log)
  for (const recipe of ['emailpassword', 'thirdparty', 'emailverification', 'session'] as const) {
    if (app.twoFactor.recipes.has(recipe)) app.twoFactor.recipes.override(recipe, { apis: traceApis })
  }
}

export default fp(tracing, { name: TRACING, fastify: '5.x', dependencies: [AUDIT] })
