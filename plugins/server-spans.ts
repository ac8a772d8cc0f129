import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { flushTraces, startTracing } from '../src/tracing/opentelemetry.js'
import { writeServerSpans } from '../src/tracing/server-spans.js'

export interface ServerSpansOptions {
  /** Whether the trace that a request says it is part of is continued. */
  continues: (request: FastifyRequest) => boolean
}

/** A span for each request, which those of a login are in. Only the service's own process has it: an app has its own. */
async function serverSpans (app: FastifyInstance, { continues }: ServerSpansOptions): Promise<void> {
  await startTracing(app.log)
  writeServerSpans(app, continues)
  // Registered first, so that it is the last to close.
  app.addHook('onClose', () => flushTraces())
}

export default fp(serverSpans, { name: 'fastify-2fa/server-spans', fastify: '5.x' })
