import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

/** As fast as a collector can be. */
const exporter = { export: (_spans, done) => { done({ code: 0 }) }, async shutdown () {} }

new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }).register()
