import { bulkhead, BulkheadRejectedError } from 'cockatiel'
import { Overloaded } from '../errors.js'

/**
 * Runs at most so many at a time, and refuses further ones at once rather than queue a request until its client has given up.
 *
 * @throws AUTH_OVERLOADED
 */
export function createConcurrency (most: number) {
  const limit = bulkhead(most)
  return async function run<Result> (work: () => Promise<Result>): Promise<Result> {
    return await limit.execute(work).catch((err: unknown) => {
      throw err instanceof BulkheadRejectedError ? new Overloaded({ cause: err }) : err
    })
  }
}
