import type { JSONWebKeySet, JWK } from 'jose'
import { createKeyStore, type KeyStore } from '../session/key-store.js'
import type { ResolvedVerifierOptions } from './options.js'

/** Time for the service to answer. Requests wait for it where no keys are known. */
const TIMEOUT_MS = 3000
/** Some thirty keys. Whoever answers in the service's place must not fill the memory. */
const LONGEST = 65_536
const MOST_KEYS = 100
/**
 * Minimum time between questions for keys, answered or not: neither tokens with made-up key ids nor an outage become a
 * flood. A key that the service has just begun to use is refused for as long at most.
 */
const COOLDOWN_MS = 5000

/** The keys could not be loaded, so no token can be accepted or refused. */
export class KeysUnavailable extends Error {}

/** Access tokens are signed with keys that change, whose ids begin so. The Core's others sign what hosts make themselves. */
export const isAccessTokenKey = (kid: string): boolean => kid.startsWith('d-')

function usable (keys: unknown): JWK[] {
  if (!Array.isArray(keys)) return []
  return (keys as (JWK | null)[]).filter((key): key is JWK => key?.kty === 'RSA' && typeof key.kid === 'string' && isAccessTokenKey(key.kid)).slice(0, MOST_KEYS)
}

async function textOf ({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  const reader = body?.getReader()
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
    length += part.value.length
    if (length > LONGEST) {
      await reader?.cancel()
      throw new Error(`the answer is longer than ${LONGEST} bytes`)
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text
}

async function loadFrom (url: string, fetch: ResolvedVerifierOptions['fetch']): Promise<JSONWebKeySet> {
  // A redirect would let another address say who may write tokens.
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`status ${response.status}`)
  const keys = usable((JSON.parse(await textOf(response)) as { keys?: unknown } | null)?.keys)
  // Rather than an empty set, which would refuse everybody, those from before are kept.
  if (keys.length === 0) throw new Error('no key for access tokens')
  return { keys }
}

/** The service's keys for access tokens. Look-ups fail with {@link KeysUnavailable} where none could be loaded. */
export function createServiceKeys ({ jwksUrl, fetch, clock, staleKeysFor, onError }: Pick<ResolvedVerifierOptions, 'jwksUrl' | 'fetch' | 'clock' | 'staleKeysFor' | 'onError'>): KeyStore {
  let failedAt = -Infinity
  let failure: KeysUnavailable | undefined

  async function load (): Promise<JSONWebKeySet> {
    if (failure !== undefined && Math.abs(clock() - failedAt) < COOLDOWN_MS) throw failure
    try {
      return await loadFrom(jwksUrl, fetch)
    } catch (err) {
      failedAt = clock()
      failure = new KeysUnavailable(`no keys from ${jwksUrl}`, { cause: err })
      onError(failure)
      throw failure
    }
  }

  return createKeyStore({ load, now: clock, staleFor: staleKeysFor, cooldown: COOLDOWN_MS })
}
