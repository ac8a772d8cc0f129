import { context, propagation, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-node'
import type { Test } from 'tap'

/** A span as tests compare it. */
export interface Recorded {
  name: string
  kind: string
  attributes: Attributes
  failed: boolean
  events: string[]
  children: Recorded[]
}

/** Registers a real SDK that keeps spans in memory, before an app is built. It is taken away with the test. */
export function record (t: Test) {
  const exporter = new InMemorySpanExporter()
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  provider.register()
  t.teardown(async () => {
    for (const api of [trace, context, propagation]) api.disable()
    await provider.shutdown()
  })
  const spans = (): ReadableSpan[] => exporter.getFinishedSpans()

  function treeOf (span: ReadableSpan): Recorded {
    const { name, kind, attributes, status, events } = span
    const children = spans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId)
    // In the order in which they began.
    children.sort((one, other) => one.startTime[0] - other.startTime[0] || one.startTime[1] - other.startTime[1])
    return { name, kind: SpanKind[kind], attributes, failed: status.code === SpanStatusCode.ERROR, events: events.map((event) => event.name), children: children.map(treeOf) }
  }

  return {
    spans,
    /** The spans without a parent here, with all that is below them. */
    roots: (): Recorded[] => spans().filter(({ parentSpanContext: parent }) => parent === undefined || !spans().some((span) => span.spanContext().spanId === parent.spanId)).map(treeOf),
    reset: () => { exporter.reset() }
  }
}

/** The names, indented by their depth. Calls and decisions that are made several times are there once. */
export function outline (spans: readonly Recorded[], depth = 0): string[] {
  return spans.flatMap(({ name, children }) => [' '.repeat(depth) + name, ...outline(children, depth + 1)])
    .filter((line, index, all) => all.indexOf(line) === index || depth === 0)
}

/** All of them, whatever their depth. */
export const flat = (spans: readonly Recorded[]): Recorded[] => spans.flatMap((span) => [span, ...flat(span.children)])

/** Does something within a span, as a request is. What was recorded before is forgotten. */
export async function inRequest<Result> (recorded: Pick<ReturnType<typeof record>, 'reset'>, work: () => Promise<Result>): Promise<Result> {
  recorded.reset()
  return await trace.getTracer('test').startActiveSpan('request', async (span) => {
    try {
      return await work()
    } finally {
      span.end()
    }
  })
}
