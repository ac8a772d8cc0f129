import type { SignedInUser } from '../../../src/testing/index.js'

const byUser = new Map<string, string[]>()

/** Keeps those that come with a user's first factor. */
export function keepRecoveryCodes ({ userId }: SignedInUser, { recoveryCodes }: { recoveryCodes?: string[] }): void {
  if (recoveryCodes !== undefined) byUser.set(userId, recoveryCodes)
}

/** One that is not used: of new ones, or of those that came with the first factor. */
export async function recoveryCode ({ session, userId }: SignedInUser): Promise<string> {
  const response = await session.inject({ method: 'POST', url: '/auth/recovery-codes', payload: {} })
  const { recoveryCodes: made } = response.json<{ recoveryCodes?: string[] }>()
  return (made ?? byUser.get(userId))?.[0] ?? ''
}
