import type { ServiceOptions } from '../app.js'
import { servesDevRoutes } from '../options/production.js'
import type { TlsFiles } from '../service/tls.js'
import { defaultHost, serviceOptions } from './options.js'
import type { PlaygroundConfig } from './playground.js'
import { configInvalid } from './problems.js'
import { type Environment, readEnvironment } from './read.js'
import { contradictions } from './rules.js'
import type { Values } from './settings.js'
import { warnings } from './warnings.js'

/** The configuration from the environment: how the process runs, and the options of the service. */
export interface Config {
  host: string
  port: number
  logLevel: Values['LOG_LEVEL']
  production: boolean
  trustProxy: Values['TRUST_PROXY']
  /** Whether proxies that are trusted are believed which trace a request is part of. */
  trustTraceparent: boolean
  /** Where the admin API is; undefined where it is on `port`. */
  adminListener: { host: string, port: number, tls: TlsFiles | undefined } | undefined
  /** Time that open requests get to finish, in milliseconds. */
  shutdownTimeout: number
  /** Time between the signal and the close, in which everything is still served, in milliseconds. */
  shutdownDelay: number
  options: ServiceOptions
  /** Where the certificate is; undefined where a proxy speaks TLS. */
  tls?: TlsFiles
  /** Undefined where it is off. */
  playground: PlaygroundConfig | undefined
  /** Unsafe or ineffective settings, one sentence each. */
  warnings: string[]
}

function adminListener ({ ADMIN_PORT: port, ADMIN_HOST: host, ADMIN_TLS_CERT_FILE: certFile, ADMIN_TLS_KEY_FILE: keyFile, ADMIN_CLIENT_CA_FILE: caFile }: Values): Config['adminListener'] {
  if (port === undefined) return undefined
  return { host, port, tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile, caFile } }
}

/**
 * Turns an environment into a configuration. Pure: reads nothing but `env` and changes nothing.
 *
 * @throws AUTH_CONFIG_INVALID listing every problem at once, in its message and in `problems`
 */
export function loadConfig (env: Environment): Config {
  const reading = readEnvironment(env)
  const problems = [...reading.problems, ...contradictions(reading)]
  if (problems.length > 0) throw configInvalid(problems)
  const { values } = reading
  const production = values.NODE_ENV === 'production'
  const options = serviceOptions(values)
  return {
    host: values.HOST ?? defaultHost(values.NODE_ENV),
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    production,
    trustProxy: values.TRUST_PROXY,
    trustTraceparent: values.TRUST_TRACEPARENT,
    adminListener: adminListener(values),
    shutdownTimeout: values.SHUTDOWN_TIMEOUT * 1000,
    shutdownDelay: values.SHUTDOWN_DELAY * 1000,
    options,
    ...(values.TLS_CERT_FILE !== undefined && values.TLS_KEY_FILE !== undefined && { tls: { certFile: values.TLS_CERT_FILE, keyFile: values.TLS_KEY_FILE } }),
    playground: values.PLAYGROUND && !values.HOSTED_PAGES && servesDevRoutes(options) ? { provider: values.PLAYGROUND_PROVIDER } : undefined,
    warnings: warnings(reading)
  }
}
