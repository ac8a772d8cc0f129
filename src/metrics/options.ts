import { memberOf } from '../members.js'
import { isClientSecret, SHORTEST_SECRET } from '../service-clients/options.js'

/** A registry of `prom-client`, as far as this library needs it. */
export interface MetricsRegistry {
  readonly contentType: string
  registerMetric (metric: never): void
  getSingleMetric (name: string): unknown
  removeSingleMetric (name: string): void
  metrics (): Promise<string>
}

/** What is measured, and where it is kept. Takes the package prom-client. */
export interface MetricsOptions {
  /**
   * A registry of the app's own that the metrics go to. It has metrics of the process already, so none are added.
   * @default a registry of this app alone
   */
  registry?: MetricsRegistry
  /**
   * Which requests are counted: those to routes of this library, or to all routes of the app, which costs each of them
   * a few microseconds.
   * @default 'ours'
   */
  routes?: 'ours' | 'all'
}

/** Who may read the metrics. In production, at least one of `port` and `key` is there. */
export interface MetricsEndpoint {
  /** A port of its own, where nothing but the metrics is served; 0 takes any free one. @default the app's own port */
  port?: number
  /** Address of that port. @default '127.0.0.1' */
  host?: string
  /**
   * The key that a scraper sends as `Authorization: Bearer`, or several, while one is being replaced. At least 32 visible
   * ASCII characters, ten of them different.
   * @default none
   */
  key?: string | readonly string[]
}

export interface ResolvedMetrics {
  registry: MetricsRegistry | undefined
  routes: 'ours' | 'all'
}

/** Undefined if nothing is measured. */
export function resolveMetrics (options: boolean | MetricsOptions | undefined): ResolvedMetrics | undefined {
  if (options === undefined || options === false) return undefined
  const { registry, routes = 'ours' } = options === true ? {} : options
  return { registry, routes }
}

export function metricsProblems (options: unknown): string[] {
  if (options === undefined || typeof options === 'boolean') return []
  if (typeof options !== 'object' || options === null) return ['metrics must be true, false, or { registry, routes }']
  const unknown = Object.keys(options).filter((name) => !['registry', 'routes'].includes(name))
  const [registry, routes] = [memberOf(options, 'registry'), memberOf(options, 'routes')]
  return [
    ...unknown.map((name) => `metrics.${name} is not an option`),
    ...(registry !== undefined && typeof memberOf(registry, 'registerMetric') !== 'function' ? ['metrics.registry must be a Registry of prom-client'] : []),
    ...(routes !== undefined && routes !== 'ours' && routes !== 'all' ? ['metrics.routes must be ours or all'] : [])
  ]
}

export const isMetricsKey = (key: unknown): key is string => isClientSecret(key)

export const keysOf = ({ key }: MetricsEndpoint): readonly string[] => key === undefined ? [] : typeof key === 'string' ? [key] : key

/** @param isProduction where metrics that anybody can read stop the boot */
export function endpointProblems (endpoint: MetricsEndpoint, isProduction: boolean): string[] {
  const { port, host, key } = endpoint
  const keys = keysOf(endpoint)
  return [
    ...(port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535) ? ['the port of metrics must be a number from 0 to 65535'] : []),
    ...(host !== undefined && port === undefined ? ['the host of metrics needs a port'] : []),
    ...(key !== undefined && (keys.length === 0 || !keys.every(isMetricsKey)) ? [`a key of metrics must have ${SHORTEST_SECRET} or more visible ASCII characters, ten of them different`] : []),
    ...(isProduction && port === undefined && key === undefined ? ['metrics would be open to everybody in production. Give them a port of their own, or a key'] : [])
  ]
}
