import type { Definition } from './catalogue.js'
import type { TraceId } from './trace.js'

interface Exemplar { labelSet: { trace_id: string }, value: number, timestamp: number }

interface Row {
  readonly labels: { method: string, route: string, status: string }
  /** How many fell into each bucket; the last one is for those that are larger than all. */
  readonly counts: Float64Array
  readonly exemplars: (Exemplar | undefined)[]
  sum: number
}

export type ObserveRequest = (method: string, statusCode: number, seconds: number) => void

/**
 * A histogram of requests. That of `prom-client` puts the labels of each observation into a text and looks that up, which
 * takes longer than some of the requests of forward-auth may. Here each route has its rows at hand.
 */
export function createRequestHistogram (name: string, { help, buckets = [] }: Definition, traceId: TraceId) {
  const rows: Row[] = []

  function add (labels: Row['labels']): Row {
    const row = { labels, counts: new Float64Array(buckets.length + 1), exemplars: [], sum: 0 }
    rows.push(row)
    return row
  }

  function observe (row: Row, seconds: number): void {
    let bucket = 0
    while (bucket < buckets.length && seconds > buckets[bucket]!) bucket++
    row.counts[bucket]!++
    row.sum += seconds
    const trace = traceId()
    if (trace !== undefined) row.exemplars[bucket] = { labelSet: { trace_id: trace }, value: seconds, timestamp: Date.now() / 1000 }
  }

  /** The samples of a row, as `prom-client` writes them. */
  function samplesOf ({ labels, counts, exemplars, sum }: Row) {
    let count = 0
    const ofBuckets = [...buckets, '+Inf'].map((le, i) => {
      count += counts[i]!
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count, exemplar: exemplars[i] }
    })
    return [...ofBuckets, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: count }]
  }

  return {
    /** Prepares a route. Methods are those of the list of `requests.ts`, and classes of status are five. */
    ofRoute (route: string): ObserveRequest {
      const known = new Map<string, (Row | undefined)[]>()
      return function observeRequest (method, statusCode, seconds) {
        const status = Math.floor(statusCode / 100)
        let ofMethod = known.get(method)
        if (ofMethod === undefined) known.set(method, ofMethod = [])
        observe(ofMethod[status] ??= add({ method, route, status: `${status}xx` }), seconds)
      }
    },

    /** For a registry. */
    metric: {
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: rows.flatMap(samplesOf) }),
      reset () { for (const row of rows) Object.assign(row, { sum: 0, exemplars: [], counts: row.counts.fill(0) }) }
    }
  }
}
