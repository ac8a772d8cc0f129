import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { auditPasswordReset, auditPasswords, auditSignOut, auditSocialLogins, auditTheft } from '../src/audit/layers.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { AUDIT, FIRST_FACTOR, PHONE_PINNING } from './names.js'
import { resolveOptions } from '../src/options/resolve.js'

export type AuditOptions = Pick<Fastify2faOptions, 'firstFactor' | 'passwordReset'>

/**
 * Publishes the outcome of every sign-in, as the outermost override, and changes nothing. Second factors publish their
 * own events.
 */
async function auditPlugin (app: FastifyInstance, options: AuditOptions): Promise<void> {
  const { passwordReset } = resolveOptions(options)
  app.twoFactor.recipes.override('emailpassword', { apis: auditPasswords })
  if (passwordReset) app.twoFactor.recipes.override('emailpassword', { apis: auditPasswordReset })
  if (app.twoFactor.recipes.has('thirdparty')) app.twoFactor.recipes.override('thirdparty', { apis: auditSocialLogins })
  app.twoFactor.recipes.override('session', { apis: auditSignOut, functions: auditTheft })
}

export default fp(auditPlugin, { name: AUDIT, fastify: '5.x', dependencies: [FIRST_FACTOR, PHONE_PINNING] })
