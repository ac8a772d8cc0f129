import type * as OpenTelemetry from '@opentelemetry/api'
import type { AttributeValue, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import { memberOf } from '../members.js'
import { version } from '../version.js'
import { openTelemetry } from './opentelemetry.js'

let ownVersion: string | undefined

/** What writes our spans. Their instrumentation scope is this package. */
export function tracerOf ({ trace }: typeof OpenTelemetry): Tracer {
  ownVersion ??= version()
  return trace.getTracer('fastify-2fa', ownVersion)
}

/** Ours, where OpenTelemetry's semantic conventions have none. */
export const ATTRIBUTES = {
  factor: 'fastify_2fa.factor',
  outcome: 'fastify_2fa.outcome',
  channel: 'fastify_2fa.channel',
  sender: 'fastify_2fa.sender',
  cause: 'fastify_2fa.cause',
  waited: 'fastify_2fa.wait'
} as const

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** A method as conventions want it (`http.request.method`). Clients can make some up. */
export const knownMethod = (method: string): string => METHODS.has(method) ? method : '_OTHER'

/**
 * A span while it is open. What goes in is a name, a code or a number of ours: never what a person or a provider has
 * written, so no message of an error either.
 */
export interface Step {
  set (name: string, value: AttributeValue | undefined): void
  /** Marks it as failed. */
  fail (type: string): void
}

const NO_STEP: Step = { set () {}, fail () {} }

/** Codes of ours, of Node and of SuperTokens. Without digits on purpose: the `code` of an unknown error may be one-time. */
const CODE = /^(?:E[A-Z]{3,20}|[A-Z]{2,}(?:_[A-Z]+){1,8})$/
const SHAPES = { code: CODE, type: /^[A-Z_]{2,64}$/, name: /^[A-Z][A-Za-z]{0,63}$/, status: /^[A-Z_]{2,64}$/ }

function nameIn (value: unknown, member: keyof typeof SHAPES): string | undefined {
  const name = memberOf(value, member)
  return typeof name === 'string' && SHAPES[member].test(name) ? name : undefined
}

/** What an error is called in a span (`error.type`). */
function typeOf (err: unknown): string {
  return nameIn(err, 'code') ?? nameIn(memberOf(err, 'cause'), 'code') ?? nameIn(err, 'type') ?? nameIn(err, 'name') ?? '_OTHER'
}

/** Whether an error is an answer to the client rather than a failure: a refusal of ours, or one of the SDK's about the session. */
function isRefusal (err: unknown): boolean {
  const status = memberOf(err, 'statusCode')
  return typeof status === 'number' ? status < 500 : nameIn(err, 'type') !== undefined && memberOf(err, 'code') === undefined
}

function stepOf (span: Span, errorCode: number): Step {
  return {
    set (name, value) {
      if (value !== undefined) span.setAttribute(name, value)
    },
    fail (type) {
      span.setAttribute('error.type', type)
      span.setStatus({ code: errorCode })
    }
  }
}

export interface SpanInput {
  /** @default 'internal' */
  kind?: 'internal' | 'client'
  attributes?: Record<string, AttributeValue | undefined>
  /** When it began, if that was before now: milliseconds since 1970. */
  startTime?: number
  /** Changes the context in which the work runs. */
  within?: (context: Context) => Context
}

/**
 * Does work in a span of its own, as a child of what is being done. Without an SDK it does just the work.
 *
 * @param work its status, if it has one, is the outcome
 */
export function inSpan<Result> (name: string, { kind = 'internal', attributes = {}, startTime, within = (same) => same }: SpanInput, work: (step: Step) => Promise<Result>): Promise<Result> {
  const api = openTelemetry()
  if (api === undefined) return work(NO_STEP)
  const { context, SpanKind, SpanStatusCode, trace } = api
  const options: SpanOptions = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes: attributes as Record<string, AttributeValue>, ...(startTime !== undefined && { startTime }) }
  const span = tracerOf(api).startSpan(name, options)
  const step = stepOf(span, SpanStatusCode.ERROR)
  return context.with(within(trace.setSpan(context.active(), span)), async () => {
    try {
      const result = await work(step)
      step.set(ATTRIBUTES.outcome, nameIn(result, 'status'))
      return result
    } catch (err) {
      if (isRefusal(err)) step.set(ATTRIBUTES.outcome, typeOf(err))
      else step.fail(typeOf(err))
      throw err
    } finally {
      span.end()
    }
  })
}
