import type { BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import { LimitReached } from '../errors.js'

/** A time as people say it, never shorter than it is. */
export function inWords (seconds: number): string {
  const [unit, size] = seconds <= 90 ? ['second', 1] : seconds <= 90 * 60 ? ['minute', 60] : ['hour', 3600]
  const amount = Math.ceil(seconds / size)
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}

/** A limit that somebody has met, on its way from the functions of a recipe to its API, which may answer with it. */
export interface Refusal {
  message: string
  /** Seconds; none when waiting does not help. */
  retryAfter: number | undefined
}

/** What is thrown, so that a host that calls the recipes' functions itself gets a coded error. */
export function refuse (message: string, wait?: number): Error {
  const retryAfter = wait === undefined ? undefined : Math.max(1, wait)
  const text = retryAfter === undefined ? message : `${message} Try again in ${inWords(retryAfter)}.`
  return Object.assign(new LimitReached(text), { retryAfter })
}

function asRefusal (err: unknown): Refusal | undefined {
  return err instanceof LimitReached ? err as unknown as Refusal : undefined
}

/** The answer of the Frontend Driver Interface that stock frontends show, and `Retry-After` for programs. */
function answerRefusal (response: BaseResponse, { message, retryAfter }: Refusal) {
  if (retryAfter !== undefined) {
    response.setHeader('retry-after', String(retryAfter), false)
    // Otherwise a browser keeps the header from the page.
    response.setHeader('access-control-expose-headers', 'retry-after', true)
  }
  return { status: 'GENERAL_ERROR' as const, message }
}

/** Runs an API; a limit that was met anywhere below becomes its answer. */
export async function answering<Result> (response: BaseResponse, api: () => Promise<Result>): Promise<Result | ReturnType<typeof answerRefusal>> {
  try {
    return await api()
  } catch (err) {
    const refusal = asRefusal(err)
    if (refusal === undefined) throw err
    return answerRefusal(response, refusal)
  }
}
