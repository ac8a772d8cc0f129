import { GUESSES_KEY } from './guess-record.js'

/**
 * Key of the user's metadata in the Core that keeps failures and locks across restarts. Enrolments are read from the same
 * metadata in the same request, so reading it costs no further call.
 */
export const FAILURES_KEY = 'fastify-2fa:failures'

/** What the Core knows of a user's failures, over all factors. */
export type FailureRecord = {
  /** Consecutive failures, as of the last wait. */
  count?: number
  /** When the second factor was locked, in ISO 8601. */
  lockedAt?: string
  /** When an operator unlocked it, in milliseconds since 1970. Counters from before are ignored, wherever they are. */
  unlocked?: number
}

/** What unlocking writes into the metadata: every count starts again. */
export const unlocked = () => ({ [FAILURES_KEY]: { unlocked: Date.now() } satisfies FailureRecord, [GUESSES_KEY]: null })
