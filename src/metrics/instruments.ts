import type { Counter, Gauge, Histogram, Metric, RegistryContentType } from 'prom-client'
import { OptionsInvalid } from '../errors.js'
import { orInstall } from '../optional-package.js'
import { CATALOGUE, PREFIX, type Definition, type Labels, type MetricName, type NameOf } from './catalogue.js'
import type { MetricsRegistry } from './options.js'
import { processMetrics } from './process.js'
import { createRequestHistogram, type ObserveRequest } from './request-histogram.js'
import type { TraceId } from './trace.js'

type Set<Name extends MetricName> = (labels: Labels<Name>, value: number) => void
type Sample = () => Promise<void>

const REQUESTS = 'http_request_duration_seconds'

/** All metrics of the catalogue, ready to be counted up. */
export interface Instruments {
  count <Name extends NameOf<'counter'>> (name: Name, labels: Labels<Name>, more?: number): void
  /** Prepares to observe the requests of a route. */
  ofRoute (route: string): ObserveRequest
  observe <Name extends Exclude<NameOf<'histogram'>, typeof REQUESTS>> (name: Name, labels: Labels<Name>, seconds: number): void
  /** Reads a value when the metrics are scraped, so that it costs nothing until then. */
  sample <Name extends NameOf<'counter' | 'gauge'>> (name: Name, read: (set: Set<Name>) => void | Promise<void>): void
  /** The metrics in the format that a scraper asks for. */
  text (accept: string | undefined): Promise<{ contentType: string, body: string }>
  /** Takes the metrics out of the host's registry. */
  close (): void
}

const load = async () => (await import('prom-client').catch(orInstall('prom-client', 'metrics'))).default
type Client = Awaited<ReturnType<typeof load>>

/** What a scraper takes that prefers OpenMetrics, whose samples can name traces. */
const OPEN_METRICS = /application\/openmetrics-text/i

/**
 * Both formats of the same metrics. `prom-client` has one format for each registry, and renames counters when it writes
 * OpenMetrics: so each format has a registry of its own, with a view of each metric.
 */
function formats ({ Registry }: Client, metrics: () => readonly Metric[]) {
  async function write (contentType: RegistryContentType): Promise<{ contentType: string, body: string }> {
    const isOpen = contentType === Registry.OPENMETRICS_CONTENT_TYPE
    const registry = new Registry()
    // The types of the constructor do not know that it takes it.
    registry.setContentType(contentType as typeof registry.contentType)
    for (const metric of metrics()) {
      const { name } = metric as unknown as { name: string }
      registry.registerMetric({
        name,
        async get () {
          const { name, type, ...rest } = await (metric as Counter).get()
          return { ...rest, type, name: isOpen && String(type) === 'counter' ? name.replace(/_total$/, '') : name }
        }
      } as unknown as Metric)
    }
    return { contentType, body: await registry.metrics() }
  }
  return (accept: string | undefined) => write(OPEN_METRICS.test(accept ?? '') ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE)
}

/**
 * Makes the metrics of one app: in a registry of the host's, or in none, together with those of the process.
 *
 * @throws AUTH_PACKAGE_MISSING, and AUTH_OPTIONS_INVALID where the host's registry has these names already
 */
export async function createInstruments (traceId: TraceId, registry?: MetricsRegistry): Promise<Instruments> {
  const client = await load()
  const samples = new Map<string, Sample>()
  const hasExemplars = registry === undefined || registry.contentType === client.Registry.OPENMETRICS_CONTENT_TYPE

  function make (name: string, { type, help, labels, ...more }: Definition): Metric {
    const config = {
      name: PREFIX + name,
      help,
      labelNames: [...labels],
      registers: [],
      ...(more.buckets && { buckets: [...more.buckets] }),
      ...(hasExemplars && more.hasExemplars && { enableExemplars: true }),
      collect: () => samples.get(name)?.()
    }
    if (type === 'counter') return new client.Counter(config)
    return type === 'gauge' ? new client.Gauge(config) : new client.Histogram(config)
  }

  const requests = createRequestHistogram(PREFIX + REQUESTS, CATALOGUE[REQUESTS], hasExemplars ? traceId : () => undefined)
  const made = new Map(Object.entries<Definition>(CATALOGUE).map(([name, definition]) => [name, name === REQUESTS ? requests.metric as unknown as Metric : make(name, definition)]))
  const metrics = [...made.values()]
  const named = <Kind>(name: string): Kind => made.get(name) as Kind
  const canNameTraces = (name: MetricName): boolean => hasExemplars && 'hasExemplars' in CATALOGUE[name]
  const exemplar = (): { exemplarLabels?: { trace_id: string } } => {
    const trace = traceId()
    return trace === undefined ? {} : { exemplarLabels: { trace_id: trace } }
  }

  if (registry !== undefined) {
    const taken = Object.keys(CATALOGUE).find((name) => registry.getSingleMetric(PREFIX + name) !== undefined)
    if (taken !== undefined) throw new OptionsInvalid(`metrics.registry has ${PREFIX}${taken} already. Each app needs a registry of its own`)
    for (const metric of metrics) registry.registerMetric(metric as never)
  }
  const others = registry === undefined ? processMetrics(client) : undefined
  const write = formats(client, () => [...metrics, ...others ?? []])

  return {
    count (name, labels, more = 1) {
      if (canNameTraces(name)) named<Counter>(name).inc({ labels, value: more, ...exemplar() })
      else named<Counter>(name).inc(labels, more)
    },

    ofRoute: requests.ofRoute,

    observe (name, labels, seconds) {
      if (canNameTraces(name)) named<Histogram>(name).observe({ labels, value: seconds, ...exemplar() })
      else named<Histogram>(name).observe(labels, seconds)
    },

    sample (name, read) {
      const metric = named<Counter | Gauge>(name)
      samples.set(name, async () => {
        const values: Array<[labels: Record<string, string>, value: number]> = []
        await read((labels, value) => { values.push([labels, value]) })
        // At once, for two may scrape at the same time.
        metric.reset()
        for (const [labels, value] of values) metric.inc(labels, value)
      })
    },

    async text (accept) {
      if (registry === undefined) return await write(accept)
      return { contentType: registry.contentType, body: await registry.metrics() }
    },

    close () {
      for (const name of made.keys()) registry?.removeSingleMetric(PREFIX + name)
    }
  }
}
