import type { FastifyReply } from 'fastify'
import { openTelemetry } from './opentelemetry.js'
import { ATTRIBUTES, inSpan } from './spans.js'

/** A step of a login that has to do with a factor, such as `second_factor.ask`. */
export function inStep<Result> (name: string, factor: string | undefined, work: () => Promise<Result>): Promise<Result> {
  return openTelemetry() === undefined ? work() : inSpan(name, { attributes: { [ATTRIBUTES.factor]: factor } }, work)
}

/** A decision about limits. Seconds to wait are a refusal. */
export function inDecision<Result> (name: 'limits.windows' | 'limits.tries', work: () => Promise<Result | number>): Promise<Result | number> {
  if (openTelemetry() === undefined) return work()
  return inSpan(name, {}, async (step) => {
    const decided = await work()
    step.set(ATTRIBUTES.outcome, typeof decided === 'number' ? 'REFUSED' : 'OK')
    return decided
  })
}

/** What a page asks of the Frontend Driver Interface, within its own request. */
export function inPageCall<Answer extends { statusCode: number }> (method: string, path: string, work: () => Promise<Answer>): Promise<Answer> {
  if (openTelemetry() === undefined) return work()
  return inSpan(`page.call ${method} ${path}`, { attributes: { 'http.request.method': method, 'http.route': path } }, async (step) => {
    const answer = await work()
    step.set('http.response.status_code', answer.statusCode)
    if (answer.statusCode >= 500) step.fail(String(answer.statusCode))
    return answer
  })
}

/** What a guard does that has no verified token at hand, or refuses. */
export function inVerification<Refusal> (reply: FastifyReply, work: () => Promise<Refusal>): Promise<Refusal> {
  if (openTelemetry() === undefined) return work()
  return inSpan('session.verify', {}, async (step) => {
    // A reply that is returned is waited for, and no value any more.
    const refusal = await work()
    step.set(ATTRIBUTES.outcome, reply.sent ? 'REFUSED' : 'OK')
    return refusal
  })
}

/** Notes an event of the audit log in the span in which it came about. */
export function noteAudit ({ type, userId }: { type: string, userId?: string }, withUserId: boolean): void {
  const span = openTelemetry()?.trace.getActiveSpan()
  if (span === undefined) return
  span.addEvent(type)
  if (withUserId && userId !== undefined && userId !== '') span.setAttribute('enduser.id', userId)
}

const SPANS: Record<string, [name: string, factor?: string]> = {
  signUpPOST: ['first_factor.sign_up', 'password'],
  signInPOST: ['first_factor.sign_in', 'password'],
  signInUpPOST: ['first_factor.sign_in', 'social'],
  authorisationUrlGET: ['first_factor.authorisation_url', 'social'],
  generatePasswordResetTokenPOST: ['password.reset_link'],
  passwordResetPOST: ['password.reset'],
  generateEmailVerifyTokenPOST: ['email.verification_link'],
  verifyEmailPOST: ['email.verification'],
  refreshPOST: ['session.refresh'],
  signOutPOST: ['session.sign_out']
}

type Api = (input: never) => Promise<unknown>

/** Runs a recipe's APIs in spans. Those that are switched off stay off. */
export function traceApis<Apis extends object> (original: Apis): Apis {
  const traced = Object.entries(SPANS).flatMap(([name, [span, factor]]) => {
    const api = Reflect.get(original, name) as Api | undefined
    return api === undefined ? [] : [[name, (input: never) => inStep(span, factor, () => api.call(original, input))]]
  })
  return { ...original, ...Object.fromEntries(traced) }
}
