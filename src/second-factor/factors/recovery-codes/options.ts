import type { ResolvedForNotices } from '../../notices.js'

/** The options that the factor reads, defaults filled in; see `Fastify2faOptions`. It reads them for its notices only. */
export type RecoveryCodeOptions = ResolvedForNotices
