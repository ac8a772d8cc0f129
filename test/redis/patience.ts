import { Redis } from 'ioredis'

/**
 * Loaded where a test is not about time limits, as test/patience.ts: on a busy machine a healthy Redis may take more than
 * two seconds to connect or to answer.
 */
export const PATIENCE_MS = 20_000

const { connect } = Redis.prototype

Redis.prototype.connect = function (...args) {
  Object.assign(this.options, { connectTimeout: PATIENCE_MS, commandTimeout: PATIENCE_MS })
  return connect.apply(this, args)
}
