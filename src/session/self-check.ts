import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import { SdkSession } from '../supertokens/sdk-internals.js'
import { cloneSession } from './verified-token.js'

/** A token that the SDK can take apart; nobody verifies it. */
function unsigned (payload: object): string {
  return [{ alg: 'RS256', typ: 'JWT', version: '5', kid: 'self-check' }, payload, 'self-check']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
}

/** As much of a reply as a session with header tokens writes to. */
function recordReply () {
  const headers = new Map<string, string>()
  return { headers, setHeader: (name: string, value: string) => { headers.set(name.toLowerCase(), value) } }
}

function look (session: SessionContainerInterface): unknown[] {
  const { antiCsrfToken: _ofTheRequest, ...tokens } = session.getAllSessionTokensDangerously()
  return [
    session.getUserId(), session.getRecipeUserId().getAsString(), session.getTenantId(), session.getHandle(), session.getAccessToken(),
    session.getAccessTokenPayload(), ...Object.values(tokens)
  ]
}

function same (one: unknown[], other: unknown[]): boolean {
  return one.length === other.length && one.every((value, i) => Object.is(value, other[i]))
}

async function tryClone (clone: typeof cloneSession): Promise<boolean> {
  const before = Object.freeze({ sub: 'user', exp: 1 })
  const after = unsigned({ sub: 'user', exp: 2 })
  const helpers = {
    config: { getResponseHeaderNameForTokenType: () => 'st-access-token' },
    getRecipeImpl: () => ({ regenerateAccessToken: async () => ({ accessToken: { token: after, expiry: 2 } }) })
  }
  const original = new SdkSession(
    helpers as never, unsigned(before), 'front', undefined, undefined, 'handle', 'user', { getAsString: () => 'user' } as never, before, undefined, false, 'public'
  )
  const unchanged = look(original)
  const [one, other] = [clone(original, 'one'), clone(original, 'other')]
  if (!same(look(one), unchanged) || one.getAllSessionTokensDangerously().antiCsrfToken !== 'one') return false
  if (Object.keys(one).sort().join() !== Object.keys(original).sort().join()) return false

  const [reply, otherReply] = [recordReply(), recordReply()]
  const attach = (session: SessionContainerInterface, res: object) => session.attachToRequestResponse({ req: {}, res, transferMethod: 'header' } as never)
  // An answer that comes later would be missed by whoever does not wait for it.
  if (attach(one, reply) !== undefined || attach(other, otherReply) !== undefined || reply.headers.size > 0) return false
  await one.mergeIntoAccessTokenPayload({ changed: true })
  return reply.headers.get('st-access-token') === after && one.getAccessToken() === after &&
    otherReply.headers.size === 0 && same(look(other), unchanged) && same(look(original), unchanged)
}

/**
 * Whether clones of the SDK's session object still behave: they answer like the original, and what is done to one reaches its own request's reply
 * and nothing else. Asked when the app starts, because an update of the SDK may change the class without a word.
 */
export async function clonesBehave (clone = cloneSession): Promise<boolean> {
  try {
    return await tryClone(clone)
  } catch {
    return false
  }
}
