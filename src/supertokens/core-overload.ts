import type { CoreFetch, CoreResponse } from '../core-fetch.js'
import { Overloaded } from '../errors.js'

/**
 * The error for the answer of a Core that works, but has more passwords to hash than it can in time: AUTH_OVERLOADED, with
 * `retryAfter` in seconds. The answer is also a 503, but it is no outage: a stranger who floods the Core must not be able to
 * open the circuit, and everything but passwords is answered.
 */
export function overloadIn ({ status, headers }: Pick<CoreResponse, 'status' | 'headers'>): Error | undefined {
  if (status !== 503 || headers.get('x-core-error') !== 'CORE_OVERLOADED') return undefined
  return Object.assign(new Overloaded({ cause: new Error('too many passwords are waiting') }), { retryAfter: Number(headers.get('retry-after')) })
}

/** A `fetch` that fails where a Core is overloaded. The SDK would make a text of the answer. */
export function failingWhereOverloaded (fetch: CoreFetch): CoreFetch {
  return async (url, init) => {
    const response = await fetch(url, init)
    const overload = overloadIn(response)
    if (overload !== undefined) throw overload
    return response
  }
}

/** Seconds after which to try again, if the error says so. */
export function retryAfterOf (err: unknown): number | undefined {
  return err instanceof Overloaded && 'retryAfter' in err ? Number(err.retryAfter) : undefined
}
