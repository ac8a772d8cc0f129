import type { Server } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { changesBetween } from '../config/changes.js'
import { loadConfig } from '../config/load.js'
import { serviceOptions } from '../config/options.js'
import { type Environment, readEnvironment } from '../config/read.js'
import type { Name, Values } from '../config/settings.js'
import type { ReloadableOptions } from '../reload/reloads.js'
import { certificateWarnings, readContexts, type TlsContext, type TlsContexts } from './tls.js'

/** Where settings come from. Files and `.env` are read anew each time. */
export type ReadSettings = () => Environment

interface ServiceReload {
  app: FastifyInstance
  /** The certificates that the service was started with. */
  tls: TlsContexts
  /** The settings that the service was started with. */
  environment: Environment
  read: ReadSettings
}

const LIMITS_IN_PLACE = ['REDIS_URL', 'SMS_COUNTRIES', 'SMS_PRICES', 'SMS_SPEND_LIMIT', 'SMS_CURRENCY'] as const satisfies readonly Name[]

/** Only what has changed, so that nothing else is touched. */
function optionsOf (values: Values, changed: readonly Name[]): ReloadableOptions {
  const has = (...names: Name[]): boolean => names.some((name) => changed.includes(name))
  const { core, sms, mail, thirdPartyProviders, leakedPasswords, factorKeys, signingKeys, serviceClients, admin, forwardAuth, eventReceiver, audit, limits, metricsEndpoint } = serviceOptions(values)
  const candidates = {
    core: has('SUPERTOKENS_API_KEY', 'BACKUP_KEY') && core,
    sms,
    mail,
    thirdPartyProviders: has('THIRD_PARTY_PROVIDERS') && thirdPartyProviders,
    leakedPasswords: has('LEAKED_PASSWORDS_URL') && leakedPasswords,
    factorKeys: has('FACTOR_KEY') && factorKeys,
    signingKeys: has('SIGNING_KEYS') && signingKeys,
    serviceClients: has('SERVICE_CLIENTS') && serviceClients,
    admin: has('ADMIN_KEYS', 'ADMIN_CERTIFICATES') && admin,
    forwardAuth: has('FORWARD_AUTH_PROXY_SECRET') && forwardAuth,
    eventReceiver: has('EVENT_RECEIVER_TOKEN') && eventReceiver,
    audit: has('AUDIT_WEBHOOK_SECRET', 'REDIS_URL') && audit,
    // Countries that are named no more are all of them.
    limits: has(...LIMITS_IN_PLACE) && { countries: [], ...limits },
    metricsEndpoint: has('METRICS_KEY') && metricsEndpoint
  }
  return Object.fromEntries(Object.entries(candidates).filter(([, value]) => value !== undefined && value !== false)) as ReloadableOptions
}

/** Settings whose files have other certificates than before. Usually the files change, and their paths do not. */
function renewed (before: TlsContexts, after: TlsContexts): Name[] {
  const differ = (part: keyof TlsContexts, what: 'cert' | 'ca'): boolean => after[part] !== undefined && bytesOf(before[part], what) !== bytesOf(after[part], what)
  return [
    ...(differ('service', 'cert') ? ['TLS_CERT_FILE' as const] : []),
    ...(differ('admin', 'cert') ? ['ADMIN_TLS_CERT_FILE' as const] : []),
    ...(differ('admin', 'ca') ? ['ADMIN_CLIENT_CA_FILE' as const] : [])
  ]
}

const bytesOf = (context: TlsContext | undefined, what: 'cert' | 'ca'): string | undefined => context?.[what]?.toString('base64')

/** Why a configuration was not taken, on one line. Problems name variables and quote no secrets. */
function reasonOf (err: unknown): string {
  return err instanceof Error ? err.message.replaceAll(/\s*\n\s*/g, ' ') : 'unknown'
}

/**
 * Reads the settings again and puts in place what can change while the service runs: everything that has changed, or
 * nothing if anything is wrong. Each call ends with one line in the log.
 */
export function createServiceReload ({ app, tls: first, environment, read }: ServiceReload) {
  let shown = first
  let running: Values = readEnvironment(environment).values

  async function reload (): Promise<void> {
    const next = read()
    const config = loadConfig(next)
    const { values } = readEnvironment(next)
    const { inPlace, needRestart } = changesBetween(running, values)
    const inForce = { ...running, ...Object.fromEntries(inPlace.map((name) => [name, values[name]])) }
    const tls = readContexts({ ...(shown.service && config.tls && { tls: config.tls }), adminListener: shown.admin && config.adminListener })
    const changed = [...new Set<Name>([...inPlace, ...renewed(shown, tls)])]
    const putAdminTls = tls.admin && app.twoFactor.admin?.listeners?.prepareTls(tls.admin)
    await app.twoFactor.reload(optionsOf(inForce, inPlace))
    // From here on nothing can fail.
    if (tls.service !== undefined) (app.server as unknown as Server).setSecureContext(tls.service)
    putAdminTls?.()
    shown = { service: tls.service ?? shown.service, admin: tls.admin ?? shown.admin }
    app.log.level = config.logLevel
    running = inForce
    const warning = certificateWarnings(tls).join('; ') || undefined
    const rest = needRestart.length > 0 ? `; changed, needs a restart: ${needRestart.join(', ')}` : ''
    app.log[needRestart.length > 0 || warning !== undefined ? 'warn' : 'info'](
      { changed, needRestart, ...(warning !== undefined && { warning }) },
      `reloaded${changed.length > 0 ? `: ${changed.join(', ')}` : ''}${rest}${warning === undefined ? '' : `; ${warning}`}`
    )
  }

  let isAsked = false
  let isRunning = false

  /** Signals that come while one is being answered are answered together, by one more look at the settings. */
  return async function reloadOnce (): Promise<void> {
    isAsked = true
    if (isRunning) return
    isRunning = true
    while (isAsked) {
      isAsked = false
      await reload().catch((err: unknown) => { app.log.error({ reason: reasonOf(err) }, 'not reloaded, and nothing changed: the new configuration is not valid') })
    }
    // In the same moment as the look above, or a signal in between would never be answered.
    isRunning = false
  }
}
