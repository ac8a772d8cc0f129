import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { type AuditReader, createAuditReader } from '../src/audit/reader/reader.js'
import { auditPasswordReset, auditPasswords, auditSignOut, auditSocialLogins, auditTheft } from '../src/audit/layers.js'
import { createSinks } from '../src/audit/sinks/create.js'
import type { AuditSinkState } from '../src/audit/sinks/feed.js'
import { createTrail } from '../src/audit/trail.js'
import { OptionsInvalid } from '../src/errors.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { AUDIT, FIRST_FACTOR, PHONE_PINNING } from './names.js'
import { onReload } from '../src/reload/reloads.js'
import { resolveOptions } from '../src/options/resolve.js'
import { share } from '../src/two-factor.js'

export type AuditOptions = Pick<Fastify2faOptions, 'firstFactor' | 'passwordReset' | 'audit' | 'production'>

/** Less than the service's time for a shutdown. What is in an outbox by then is delivered after the next start. */
const CLOSE_MS = 5000

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** How the sinks of audit events are doing. */
    readonly auditSinks: () => AuditSinkState[]
    /** Reads the audit file; undefined where none is kept. */
    readonly auditReader: AuditReader | undefined
  }
}

/**
 * Publishes the outcome of every sign-in, as the outermost override, and changes nothing. Second factors publish their
 * own events. Opens the sinks that the options name.
 */
async function auditPlugin (app: FastifyInstance, options: AuditOptions): Promise<void> {
  const { passwordReset, audit } = resolveOptions(options, ['audit'])
  const sinks = await createSinks(audit, app.log)
  const trail = createTrail(sinks, { required: audit.required ?? false, log: app.log })
  share(app, 'auditTrail', sinks.length === 0 ? undefined : trail)
  share(app, 'auditSinks', trail.states)
  share(app, 'auditReader', audit.file && createAuditReader(audit.file.path))
  app.addHook('onClose', async () => { await trail.close(CLOSE_MS) })
  onReload(app, async ({ audit: next }) => {
    if (next?.webhook === undefined) return undefined
    resolveOptions({ ...options, audit: next }, ['audit'])
    const { webhook } = next
    if (audit.webhook === undefined) throw new OptionsInvalid('audit.webhook: it was off at the start')
    const commits = await Promise.all(sinks.map((sink) => sink.prepare?.(webhook)))
    return () => { for (const commit of commits) commit?.() }
  })

  app.twoFactor.recipes.override('emailpassword', { apis: auditPasswords })
  if (passwordReset) app.twoFactor.recipes.override('emailpassword', { apis: auditPasswordReset })
  if (app.twoFactor.recipes.has('thirdparty')) app.twoFactor.recipes.override('thirdparty', { apis: auditSocialLogins })
  app.twoFactor.recipes.override('session', { apis: auditSignOut, functions: auditTheft })
}

export default fp(auditPlugin, { name: AUDIT, fastify: '5.x', dependencies: [FIRST_FACTOR, PHONE_PINNING] })
