import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import admin from '../plugins/admin.js'
import accountRecovery from '../plugins/account-recovery.js'
import audit from '../plugins/audit.js'
import contests from '../plugins/contests.js'
import coreConnection from '../plugins/core-connection.js'
import delivery from '../plugins/delivery.js'
import firstFactor from '../plugins/first-factor.js'
import forwardAuth from '../plugins/forward-auth.js'
import hostedPages from '../plugins/hosted-pages.js'
import limits from '../plugins/limits.js'
import metrics from '../plugins/metrics.js'
import phonePinning from '../plugins/phone-pinning.js'
import revocations from '../plugins/revocations.js'
import secondFactor from '../plugins/second-factor.js'
import sessionGuard from '../plugins/session-guard.js'
import signingKeys from '../plugins/signing-keys.js'
import supertokens from '../plugins/supertokens.js'
import tracing from '../plugins/tracing.js'
import adminRoutes from '../routes/admin/index.js'
import authRoutes from '../routes/auth/index.js'
import forwardAuthRoutes from '../routes/forward-auth/index.js'
import hostedPagesRoutes from '../routes/pages/index.js'
import servicesRoutes from '../routes/services/index.js'
import signingKeysRoutes from '../routes/signing-keys.js'
import smsReceiptsRoutes from '../routes/sms-receipts.js'
import type { Fastify2faOptions } from './options/options.js'
import { PRODUCTION_PARTS } from './options/production.js'
import { resolveOptions } from './options/resolve.js'
import { joinWatch } from './session/route-watch.js'

/**
 * Two-factor authentication for your Fastify app. Registers one plugin per concern, in the order of their dependencies.
 *
 * @throws AUTH_ROUTE_UNGUARDED naming every route declared so far that would be open
 * @throws AUTH_OPTIONS_INVALID naming every problem at once
 */
async function fastify2faPlugin (app: FastifyInstance, options: Fastify2faOptions): Promise<void> {
  // First, so that a boot that fails later on leaves no route open.
  await joinWatch({ scope: app, secureByDefault: Boolean(options.secureByDefault) })
  // Check the options before anything starts.
  resolveOptions(options, PRODUCTION_PARTS)
  await app.register(coreConnection, options)
  await app.register(delivery, options)
  await app.register(supertokens, options)
  await app.register(contests, options)
  await app.register(firstFactor, options)
  await app.register(secondFactor, options)
  await app.register(accountRecovery, options)
  await app.register(phonePinning, options)
  await app.register(limits, options)
  await app.register(audit, options)
  await app.register(tracing, options)
  await app.register(sessionGuard, options)
  await app.register(metrics, options)
  await app.register(authRoutes, options)
  await app.register(smsReceiptsRoutes, options)
  await app.register(signingKeys, options)
  await app.register(signingKeysRoutes, options)
  await app.register(revocations, options)
  await app.register(servicesRoutes, options)
  await app.register(hostedPages, options)
  await app.register(admin, options)
  await app.register(adminRoutes, options)
  await app.register(hostedPagesRoutes, options)
  await app.register(forwardAuth, options)
  await app.register(forwardAuthRoutes, options)
}

export const fastify2fa = fp(fastify2faPlugin, { name: 'fastify-2fa', fastify: '5.x' })
