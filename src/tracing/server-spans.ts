import type { Context, Span } from '@opentelemetry/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { withoutQuery } from '../without-query.js'
import { openTelemetry } from './opentelemetry.js'
import { tracerOf } from './spans.js'

/** Longer paths are not kept: strangers write them. */
const LONGEST_PATH = 256

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * Writes a server span for each request, by OpenTelemetry's conventions, unless an instrumentation of HTTP or of Fastify
 * has one already. Neither the client's address nor the query is in it: links carry their token there.
 *
 * @param continues whether the trace that a request says it is part of (`traceparent`) is continued. A stranger could
 * have every request sampled, and could write into the traces of others
 */
export function writeServerSpans (app: FastifyInstance, continues: (request: FastifyRequest) => boolean): void {
  const api = openTelemetry()
  if (api === undefined) return
  const { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api
  const contexts = new WeakMap<FastifyRequest, Context>()

  function begin (request: FastifyRequest): [Span, Context] {
    const parent = continues(request) ? propagation.deleteBaggage(propagation.extract(ROOT_CONTEXT, request.headers)) : ROOT_CONTEXT
    const { method, protocol, routeOptions: { url: route } } = request
    const known = METHODS.has(method) ? method : '_OTHER'
    const attributes = {
      'http.request.method': known,
      'url.scheme': protocol,
      ...(route !== undefined && { 'http.route': route, 'url.path': withoutQuery(request.url).slice(0, LONGEST_PATH) })
    }
    const span = tracerOf(api!).startSpan(route === undefined ? known : `${known} ${route}`, { kind: SpanKind.SERVER, attributes }, parent)
    return [span, trace.setSpan(parent, span)]
  }

  function end (span: Span, { statusCode, raw }: FastifyReply): void {
    // The client went away before the answer.
    if (!raw.writableEnded) span.setAttribute('error.type', 'aborted')
    else span.setAttribute('http.response.status_code', statusCode)
    if (statusCode >= 500) {
      span.setAttribute('error.type', String(statusCode))
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    span.end()
  }

  app.addHook('onRequest', (request, reply, done) => {
    if (trace.getActiveSpan() !== undefined) {
      done()
      return
    }
    const [span, active] = begin(request)
    contexts.set(request, active)
    reply.raw.once('close', () => { end(span, reply) })
    context.with(active, done)
  })
  // What comes after a body was read comes from the socket, which knows nothing of the request.
  app.addHook('preValidation', (request, _reply, done) => {
    const active = contexts.get(request)
    if (active === undefined) done()
    else context.with(active, done)
  })
}
