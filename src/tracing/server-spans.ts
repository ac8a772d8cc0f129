import type * as OpenTelemetry from '@opentelemetry/api'
import type { Context, Span } from '@opentelemetry/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from '../without-query.js'
import { openTelemetry } from './opentelemetry.js'
import { knownMethod, tracerOf } from './spans.js'

/** Longer paths are not kept: strangers write them. */
const LONGEST_PATH = 256

/**
 * Writes a server span for each request, by OpenTelemetry's conventions, unless an instrumentation of HTTP or of Fastify
 * has one already. Neither the client's address nor the query is in it: links carry their token there. Of a route with
 * parameters, there is the route alone: these are ids, addresses that operators look up, and names that prove a receipt.
 *
 * @param continues whether the trace that a request says it is part of (`traceparent`) is continued. A stranger could
 * have every request sampled, and could write into the traces of others
 */
export function writeServerSpans (app: FastifyInstance, continues: (request: FastifyRequest) => boolean): void {
  const contexts = new WeakMap<FastifyRequest, Context>()

  app.addHook('onRequest', (request, reply, done) => {
    const api = openTelemetry()
    // Already in one: a page calls the interface, or an instrumentation is there.
    if (api === undefined || api.trace.getActiveSpan() !== undefined) {
      done()
      return
    }
    const parent = continues(request) ? api.propagation.deleteBaggage(api.propagation.extract(api.ROOT_CONTEXT, request.headers)) : api.ROOT_CONTEXT
    const span = begin(api, request, parent)
    const active = api.trace.setSpan(parent, span)
    contexts.set(request, active)
    reply.raw.once('close', () => { end(api, span, reply) })
    api.context.with(active, done)
  })
  // What comes after a body was read comes from the socket, which knows nothing of the request.
  app.addHook('preValidation', (request, _reply, done) => {
    const active = contexts.get(request)
    if (active === undefined) done()
    else openTelemetry()!.context.with(active, done)
  })
}

function begin (api: typeof OpenTelemetry, { method, protocol, url, routeOptions: { url: route } }: FastifyRequest, parent: Context): Span {
  const known = knownMethod(method)
  const attributes = {
    'http.request.method': known,
    'url.scheme': protocol,
    ...(route !== undefined && { 'http.route': route }),
    ...(route !== undefined && !/[:*]/.test(route) && { 'url.path': pathOf(url).slice(0, LONGEST_PATH) })
  }
  return tracerOf(api).startSpan(route === undefined ? known : `${known} ${route}`, { kind: api.SpanKind.SERVER, attributes }, parent)
}

function end ({ SpanStatusCode }: typeof OpenTelemetry, span: Span, { statusCode, raw }: FastifyReply): void {
  // The client went away before the answer.
  if (!raw.writableEnded) span.setAttribute('error.type', 'aborted')
  else span.setAttribute('http.response.status_code', statusCode)
  if (raw.writableEnded && statusCode >= 500) {
    span.setAttribute('error.type', String(statusCode))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
