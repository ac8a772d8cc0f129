import * as Session from 'supertokens-node/recipe/session'
import type { RecipeInterface } from 'supertokens-node/recipe/session/types'
import { makeDefaultUserContextFromAPI } from '../supertokens/sdk-internals.js'

export type SessionError = InstanceType<typeof Session.Error>

/** The SDK's own errors for requests that it can only refuse. One object each, for all requests. */
export interface Refusals {
  /** Of a request without a token. */
  noSession: SessionError
  /** Of a token whose signature is wrong, or that has expired. */
  invalid: SessionError
}

/**
 * A token in the form that the SDK expects. It refuses any that names critical extensions and none of them (RFC 7515,
 * 4.1.11) as one that it cannot verify, before it looks for a key.
 */
function unverifiable (): string {
  const header = { alg: 'RS256', typ: 'JWT', version: '5', kid: 'd-', crit: [] }
  const payload = { sub: '-', rsub: '-', tId: '-', sessionHandle: '-', refreshTokenHash1: '-', iat: 0, exp: 0 }
  return [...[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), '-'].join('.')
}

/**
 * Has the running SDK refuse one request of each kind, so that later ones are refused with the same errors and without
 * the way there. Undefined if it does not refuse them as expected: then it decides each time.
 */
export async function readRefusals ({ recipeInterfaceImpl }: { recipeInterfaceImpl: Pick<RecipeInterface, 'getSession'> }): Promise<Refusals | undefined> {
  async function refusal (type: string, accessToken?: string): Promise<SessionError | undefined> {
    const userContext = makeDefaultUserContextFromAPI({} as never)
    const err: unknown = await recipeInterfaceImpl.getSession({ accessToken, options: { antiCsrfCheck: false }, userContext }).catch((err: unknown) => err)
    if (!(err instanceof Session.Error) || err.type !== type) return undefined
    Object.freeze(err)
    return err
  }
  const noSession = await refusal(Session.Error.UNAUTHORISED)
  const invalid = await refusal(Session.Error.TRY_REFRESH_TOKEN, unverifiable())
  return noSession === undefined || invalid === undefined ? undefined : { noSession, invalid }
}
