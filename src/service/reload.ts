import type { Server } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { changesBetween } from '../config/changes.js'
import { type Config, loadConfig } from '../config/load.js'
import { type Environment, readEnvironment } from '../config/read.js'
import type { Name, Values } from '../config/settings.js'
import type { ReloadableOptions } from '../reload/reloads.js'
import { certificateWarning, readTls, type TlsContext } from './tls.js'

/** Where settings come from. Files and `.env` are read anew each time. */
export type ReadSettings = () => Environment

interface ServiceReload {
  app: FastifyInstance
  /** The certificate that the service was started with. */
  tls: TlsContext | undefined
  /** The settings that the service was started with. */
  environment: Environment
  read: ReadSettings
}

const LIMITS_IN_PLACE = ['REDIS_URL', 'SMS_COUNTRIES', 'SMS_PRICES', 'SMS_SPEND_LIMIT', 'SMS_CURRENCY'] as const satisfies readonly Name[]

/** Only what has changed, so that nothing else is touched. */
function optionsOf ({ options }: Config, changed: readonly Name[]): ReloadableOptions {
  const has = (start: string): boolean => changed.some((name) => name.startsWith(start))
  const { core, sms, mail, thirdPartyProviders, signingKeys, serviceClients, forwardAuth, eventReceiver, limits } = options
  const candidates = {
    core: has('SUPERTOKENS_API_KEY') && core,
    sms,
    mail,
    thirdPartyProviders: has('THIRD_PARTY_PROVIDERS') && thirdPartyProviders,
    signingKeys: has('SIGNING_KEYS') && signingKeys,
    serviceClients: has('SERVICE_CLIENTS') && serviceClients,
    forwardAuth: has('FORWARD_AUTH_PROXY_SECRET') && forwardAuth,
    eventReceiver: has('EVENT_RECEIVER_TOKEN') && eventReceiver,
    // Countries that are named no more are all of them.
    limits: LIMITS_IN_PLACE.some((name) => has(name)) && { countries: [], ...limits }
  }
  return Object.fromEntries(Object.entries(candidates).filter(([, value]) => value !== undefined && value !== false)) as ReloadableOptions
}

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
    const tls = shown !== undefined && config.tls !== undefined ? readTls(config.tls) : undefined
    // Usually the files change, and their paths do not.
    const isRenewed = tls !== undefined && shown?.cert.equals(tls.cert) === false
    const changed = isRenewed ? [...new Set<Name>([...inPlace, 'TLS_CERT_FILE'])] : inPlace
    await app.twoFactor.reload(optionsOf(config, inPlace))
    // From here on nothing can fail.
    if (tls !== undefined) {
      (app.server as unknown as Server).setSecureContext(tls)
      shown = tls
    }
    app.log.level = config.logLevel
    running = { ...running, ...Object.fromEntries(inPlace.map((name) => [name, values[name]])) }
    const warning = tls && certificateWarning(tls)
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
