import type { AttributeValue, Context } from '@opentelemetry/api'
import { openTelemetry } from './opentelemetry.js'
import { ATTRIBUTES, inSpan, knownMethod, type Step } from './spans.js'

/** The key of OpenTelemetry's SDK (`suppressTracing` in @opentelemetry/core). */
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/**
 * Keeps instrumentations of `http`, `fetch` and Redis out of a call that has a span of ours. Theirs would hold whole
 * addresses (`url.full`), with an e-mail address, a user id or five digits of a password's hash in them, and would tell
 * third parties the trace.
 */
const quietly = (context: Context): Context => context.setValue(SUPPRESSED, true)

/** The headers that pass the trace on (`traceparent` in W3C's form), from within a call. Without baggage: that is the host's. */
export function traceHeaders (): Record<string, string> {
  const api = openTelemetry()
  if (api === undefined) return {}
  const headers: Record<string, string> = {}
  api.propagation.inject(api.propagation.deleteBaggage(api.context.active().deleteValue(SUPPRESSED)), headers)
  return headers
}

export interface Call {
  method: string
  url: string | URL
  /** Its path, without anything of a person's. Undefined where nobody knows what is in it: then no path is told. */
  template?: string
  /** @default 'client' */
  kind?: 'internal' | 'client'
  attributes?: Record<string, AttributeValue>
}

function placeOf (url: string | URL): Record<string, AttributeValue> {
  // What is no URL fails in the call itself.
  if (!URL.canParse(String(url))) return {}
  const { protocol, hostname, port } = new URL(url)
  return { 'server.address': hostname, 'server.port': Number(port) || (protocol === 'https:' ? 443 : 80) }
}

/** Does a call over HTTP in a span of its own, by OpenTelemetry's conventions for clients of HTTP. */
export function inCall<Answer extends { status: number }> ({ method, url, template, kind = 'client', attributes = {} }: Call, work: (step: Step) => Promise<Answer>): Promise<Answer> {
  if (openTelemetry() === undefined) return inSpan('', {}, work)
  const verb = knownMethod(method)
  const name = template === undefined ? verb : `${verb} ${template}`
  const known = { 'http.request.method': verb, 'url.template': template, ...(kind === 'client' && placeOf(url)), ...attributes }
  return inSpan(name, { kind, attributes: known, ...(kind === 'client' && { within: quietly }) }, async (step) => {
    const answer = await work(step)
    step.set('http.response.status_code', answer.status)
    if (answer.status >= 400) step.fail(String(answer.status))
    return answer
  })
}

/** A `fetch` whose calls to others have spans. They learn nothing of it: no trace goes with a call. */
export function traceCalls (fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  if (openTelemetry() === undefined) return fetch
  return (input, init) => {
    const isRequest = input instanceof Request
    return inCall({ method: init?.method ?? (isRequest ? input.method : 'GET'), url: isRequest ? input.url : input }, () => fetch(input, init))
  }
}

/**
 * Does a command of Redis in a span of its own. Keys and values are not told.
 *
 * @param script its name, where the command runs one
 */
export function inRedisCall<Result> (command: string, script: string | undefined, work: () => Promise<Result>): Promise<Result> {
  const attributes = { 'db.system.name': 'redis', 'db.operation.name': command, 'db.stored_procedure.name': script }
  return inSpan(script === undefined ? command : `${command} ${script}`, { kind: 'client', attributes, within: quietly }, work)
}

export interface Sending {
  channel: 'sms' | 'mail'
  /** Its name. */
  sender: string
  /** Whether the provider may learn the trace, by us or by an instrumentation. */
  tells: boolean
}

/** Sends a message in a span of its own. Its receiver is not told. */
export function inSending<Result> ({ channel, sender, tells }: Sending, work: (step: Step) => Promise<Result>): Promise<Result> {
  return inSpan(`${channel}.send`, { kind: 'client', attributes: { [ATTRIBUTES.channel]: channel, [ATTRIBUTES.sender]: sender }, ...(!tells && { within: quietly }) }, work)
}
