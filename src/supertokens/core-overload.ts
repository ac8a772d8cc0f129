import { Overloaded } from '../errors.js'

type Fetch = typeof globalThis.fetch

/**
 * Whether a Core that works has more passwords to hash than it can in time. Its answer is also a 503, but it is no outage: a
 * stranger who floods it must not be able to open the circuit, and everything but passwords is answered.
 *
 * @throws AUTH_OVERLOADED, with `retryAfter` in seconds
 */
export function throwIfOverloaded ({ status, headers }: Pick<Response, 'status' | 'headers'>): void {
  if (status !== 503 || headers.get('x-core-error') !== 'CORE_OVERLOADED') return
  throw Object.assign(new Overloaded({ cause: new Error('passwords wait for the Core') }), { retryAfter: Number(headers.get('retry-after')) })
}

/** A `fetch` that fails where a Core is overloaded. The SDK would make a text of the answer. */
export function failingWhereOverloaded (fetch: Fetch): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    throwIfOverloaded(response)
    return response
  }
}

/** Seconds after which to try again, if the error says so. */
export function retryAfterOf (err: unknown): number | undefined {
  return err instanceof Overloaded && 'retryAfter' in err ? Number(err.retryAfter) : undefined
}
