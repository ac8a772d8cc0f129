import { channel } from 'node:diagnostics_channel'

/** What a password took, in milliseconds. */
export interface Hashed {
  /** Until its turn came. */
  waitedMs: number
  tookMs: number
}

/** Tells whoever subscribes to it of each password that was hashed, within the call that it was part of. */
export const hashed = channel('fastify-2fa:core:hashed')
