import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

// Where spans go (OTEL_EXPORTER_OTLP_ENDPOINT) and which are kept (OTEL_TRACES_SAMPLER) is OpenTelemetry's own to read.
new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'fastify-2fa' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())]
}).register()
