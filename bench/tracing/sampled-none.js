import { AlwaysOffSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

new NodeTracerProvider({ sampler: new AlwaysOffSampler() }).register()
