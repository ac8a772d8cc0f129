import * as Session from 'supertokens-node/recipe/session'

/**
 * Why a guard refused. `no-session`: no token, or one of a session that is over. `refresh`: a token that is invalid or has
 * expired. `claims`: another claim than that of the second factor. `failed`: the Core could not be asked.
 */
export type RefusalReason = 'no-session' | 'refresh' | 'second-factor' | 'claims' | 'failed'

/** Of this process, like the cache of the guards. Numbers alone, since strangers can be refused as often as they like. */
const counts: Record<RefusalReason, number> = { 'no-session': 0, refresh: 0, 'second-factor': 0, claims: 0, failed: 0 }

function reasonOf (err: unknown, lacksSecondFactor: boolean): RefusalReason {
  if (lacksSecondFactor) return 'second-factor'
  if (!Session.Error.isErrorFromSuperTokens(err)) return 'failed'
  if (err.type === Session.Error.INVALID_CLAIMS) return 'claims'
  return err.type === Session.Error.TRY_REFRESH_TOKEN ? 'refresh' : 'no-session'
}

export function countRefusal (err: unknown, lacksSecondFactor: boolean): void {
  counts[reasonOf(err, lacksSecondFactor)]++
}

/** How often guards have refused since the process started. */
export const refusalCounts = (): Readonly<Record<RefusalReason, number>> => counts
