/** Where the Core keeps what no restart may forget. Phone-pinning reads the same metadata, so that reading it costs nothing. */
export const FAILURES_KEY = 'fastify-2fa:failures'

/** What the Core knows of a user's wrong codes. */
export type FailureRecord = {
  /** Consecutive failures, as of the last wait. */
  count?: number
  /** When the second factor was locked, in ISO 8601. */
  lockedAt?: string
  /** When an operator unlocked it, in milliseconds: counters from before are not looked at, wherever they are. */
  unlocked?: number
}

/** What unlocking leaves behind. */
export const unlockedRecord = (): FailureRecord => ({ unlocked: Date.now() })
