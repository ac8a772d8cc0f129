import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import { SdkSession } from '../supertokens/sdk-internals.js'
import { cloneSession } from './verified-token.js'

/** A token that the SDK can parse; its signature is never checked. */
function unsigned (payload: object): string {
  return [{ alg: 'RS256', typ: 'JWT', version: '5', kid: 'self-check' }, payload, 'self-check']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
}

/** The part of a reply that a session with header tokens writes to. */
function recordReply () {
  const headers = new Map<string, string>()
  return { headers, setHeader: (name: string, value: string) => { headers.set(name.toLowerCase(), value) } }
}

/** Everything that a session object reveals of itself, for comparison. */
function valuesOf (session: SessionContainerInterface): unknown[] {
  const { antiCsrfToken: _ofTheRequest, ...tokens } = session.getAllSessionTokensDangerously()
  return [
    session.getUserId(), session.getRecipeUserId().getAsString(), session.getTenantId(), session.getHandle(), session.getAccessToken(),
    session.getAccessTokenPayload(), ...Object.values(tokens)
  ]
}

function sameValues (one: unknown[], other: unknown[]): boolean {
  return one.length === other.length && one.every((value, i) => Object.is(value, other[i]))
}

async function tryClone (clone: typeof cloneSession): Promise<boolean> {
  const before = Object.freeze({ sub: 'user', exp: 1 })
  const after = unsigned({ sub: 'user', exp: 2 })
  const helpers = {
    config: { getResponseHeaderNameForTokenType: () => 'st-access-token' },
    getRecipeImpl: () => ({ regenerateAccessToken: async () => ({ accessToken: { token: after, expiry: 2 } }) })
  }
  const token = unsigned(before)
  const original = new SdkSession(
    helpers as never, token, 'front', undefined, undefined, 'handle', 'user', { getAsString: () => 'recipe user' } as never, before, undefined, false, 'public'
  )
  // Sessions of new tokens are made like this one (`new-token.ts`).
  const { accessToken, frontToken, refreshToken, accessAndFrontTokenUpdated } = original.getAllSessionTokensDangerously()
  const made = [
    original.getUserId(), original.getRecipeUserId().getAsString(), original.getTenantId(), original.getHandle(), original.getAccessTokenPayload(),
    accessToken, frontToken, refreshToken, accessAndFrontTokenUpdated
  ]
  if (!sameValues(made, ['user', 'recipe user', 'public', 'handle', before, token, 'front', undefined, false])) return false
  const unchanged = valuesOf(original)
  const [one, other] = [clone(original, 'one'), clone(original, 'other')]
  if (!sameValues(valuesOf(one), unchanged) || one.getAllSessionTokensDangerously().antiCsrfToken !== 'one') return false
  if (Object.keys(one).sort().join() !== Object.keys(original).sort().join()) return false

  const [reply, otherReply] = [recordReply(), recordReply()]
  const attach = (session: SessionContainerInterface, res: object) => session.attachToRequestResponse({ req: {}, res, transferMethod: 'header' } as never)
  // `Admission.session` does not await this call, so it must finish synchronously.
  if (attach(one, reply) !== undefined || attach(other, otherReply) !== undefined || reply.headers.size > 0) return false
  await one.mergeIntoAccessTokenPayload({ changed: true })
  return reply.headers.get('st-access-token') === after && one.getAccessToken() === after &&
    otherReply.headers.size === 0 && sameValues(valuesOf(other), unchanged) && sameValues(valuesOf(original), unchanged)
}

/**
 * Whether the SDK's session object is made of what we give it, and its clones behave: they return the same values as the
 * original, and changes to one affect only its own reply. Checked when the app starts, because an SDK update may change the class silently.
 */
export async function clonesBehave (clone = cloneSession): Promise<boolean> {
  try {
    return await tryClone(clone)
  } catch {
    return false
  }
}
