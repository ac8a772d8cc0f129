import type { ResolvedVerifierOptions } from './options.js'

/** Time for the service to answer. */
const TIMEOUT_MS = 3000

/** What the service says of a session: that it goes on, that it has ended, or nothing. */
export type Confirmation = 'confirmed' | 'ended' | 'unknown'

/**
 * Creates the question to the service about the token of a refresh: it opens a route there, whose guard tells the Core that
 * the token is in use. For tokens with a good signature only, so that strangers make no questions.
 */
export function createConfirmation ({ confirmUrl, tokenTransferMethod, fetch }: Pick<ResolvedVerifierOptions, 'confirmUrl' | 'tokenTransferMethod' | 'fetch'>): (token: string) => Promise<Confirmation> {
  /** One question for all requests with a token, as a page sends several at once after a refresh. */
  const asked = new Map<string, Promise<Confirmation>>()

  async function ask (token: string): Promise<Confirmation> {
    const headers: Record<string, string> = tokenTransferMethod === 'cookie' ? { cookie: `sAccessToken=${token}` } : { authorization: `Bearer ${token}` }
    // The token is for the service only.
    const { status, body } = await fetch(confirmUrl!, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), headers })
    await body?.cancel()
    if (status === 401) return 'ended'
    // Where the session lacks something, such as the second factor, it is one all the same.
    return status === 200 || status === 403 ? 'confirmed' : 'unknown'
  }

  return async (token) => {
    const pending = asked.get(token) ?? ask(token).catch((): Confirmation => 'unknown').finally(() => { asked.delete(token) })
    asked.set(token, pending)
    return await pending
  }
}
