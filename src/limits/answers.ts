import type { BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import type { FastifyReply } from 'fastify'
import { LimitReached } from '../errors.js'
import { operationOf } from '../openapi/described.js'

const english = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

/** Formats a wait for people, for example `in 5 minutes`. Rounds up, so that nobody comes back too early. */
export function inWords (seconds: number): string {
  const [unit, size] = seconds <= 90 ? ['second', 1] as const : seconds <= 90 * 60 ? ['minute', 60] as const : ['hour', 3600] as const
  return english.format(Math.ceil(seconds / size), unit)
}

/** A limit that was reached. A recipe's function throws it, and the recipe's API turns it into a response. */
export interface Refusal {
  message: string
  code: string
  /** Seconds; undefined if waiting does not help. */
  retryAfter: number | undefined
}

/**
 * Creates the error for a reached limit. It has a code, for hosts that call the recipes' functions themselves.
 *
 * @param wait seconds
 */
export function refuse (message: string, wait?: number): Error {
  const retryAfter = wait === undefined ? undefined : Math.max(1, wait)
  const text = retryAfter === undefined ? message : `${message} Try again ${inWords(retryAfter)}.`
  return Object.assign(new LimitReached(text), { retryAfter })
}

function asRefusal (err: unknown): Refusal | undefined {
  return err instanceof LimitReached ? err as unknown as Refusal : undefined
}

/**
 * Sends the Frontend Driver Interface's `GENERAL_ERROR`, which stock frontends display, and `Retry-After` for programs.
 */
function answerRefusal (response: BaseResponse, { message, code, retryAfter }: Refusal) {
  if (retryAfter !== undefined) {
    response.setHeader('retry-after', String(retryAfter), false)
    // Without this, CORS hides the header from the page.
    response.setHeader('access-control-expose-headers', 'retry-after', true)
  }
  return { status: 'GENERAL_ERROR' as const, message, code }
}

/** Seconds that a response says to wait; undefined if it does not. */
export function waitIn (response: BaseResponse): number | undefined {
  const header = (response.original as FastifyReply).getHeader('retry-after')
  return header === undefined ? undefined : Number(header)
}

/** Runs an API. If a limit is reached anywhere below it, responds with that refusal. */
export async function answering<Result> (response: BaseResponse, api: () => Promise<Result>): Promise<Result | ReturnType<typeof answerRefusal>> {
  try {
    return await api()
  } catch (err) {
    const refusal = asRefusal(err)
    if (refusal === undefined) throw err
    const { server, request } = response.original as FastifyReply
    server.twoFactor.metrics?.limitRefused(operationOf(request.routeOptions.config))
    return answerRefusal(response, refusal)
  }
}
