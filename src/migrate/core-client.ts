import { addressesIn } from '../core-addresses.js'
import { coreFetch } from '../core-fetch.js'
import { ImportRefused, ImportUnreachable } from '../errors.js'
import { systemClock, type Clock } from './clock.js'

export interface CoreClientOptions {
  /** The base URL of a Core, or several of the same Core, separated by `;`. */
  connectionURI: string
  apiKey?: string | undefined
  /** Attempts per request. @default 7 */
  tries?: number
  /** Milliseconds before the second attempt. Doubles with each attempt. @default 200 */
  retryDelay?: number
}

/** An answer of any status: the meaning of an error depends on the request. */
export interface Answer {
  status: number
  text: string
}

/** A body that is a function is asked for anew for each attempt: an attempt without an answer may have arrived. */
export type CoreClient = (method: 'GET' | 'POST' | 'PUT', path: string, body?: object | (() => Promise<object>)) => Promise<Answer>

const TIMEOUT_MS = 120_000
const TRANSIENT = new Set([429, 500, 502, 503, 504])
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/

/**
 * Talks to a Core, with the API key on every call, and retries where that may help.
 *
 * The client throws `ImportRefused` if the Core refuses the API key, and `ImportUnreachable` after the last attempt.
 * @throws ImportRefused for a key that cannot be sent
 */
export function createCoreClient ({ connectionURI, apiKey, tries = 7, retryDelay = 200 }: CoreClientOptions, clock: Clock = systemClock): CoreClient {
  // `fetch` would quote the key in its error.
  if (apiKey !== undefined && !HEADER_VALUE.test(apiKey.trim())) throw new ImportRefused('the API key is empty, or has characters that no key has')
  const uris = addressesIn(connectionURI)
  const headers = {
    'cdi-version': '5.4',
    'content-type': 'application/json; charset=utf-8',
    ...(apiKey !== undefined && { 'api-key': apiKey.trim() })
  }

  async function once (uri: string, method: string, path: string, body: object | undefined): Promise<Answer | string> {
    try {
      const response = await coreFetch(uri + path, {
        method, headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), ...(body !== undefined && { body: JSON.stringify(body) })
      })
      const text = (await response.text()).trim()
      return TRANSIENT.has(response.status) ? `status ${response.status}` : { status: response.status, text }
    } catch (error) {
      const { cause, message } = error as Error & { cause?: { code?: string, message?: string } }
      return cause?.code ?? cause?.message ?? message
    }
  }

  return async function call (method, path, body) {
    for (let attempt = 0; ; attempt++) {
      const uri = uris[attempt % uris.length] as string
      const answer = await once(uri, method, path, typeof body === 'function' ? await body() : body)
      if (typeof answer === 'object') {
        if (answer.status !== 401) return answer
        throw new ImportRefused(apiKey === undefined ? 'it wants an API key, and none was given' : 'it does not accept the API key')
      }
      // The reason is a code or a status, never the body, which may quote what was sent.
      if (attempt + 1 >= tries) throw new ImportUnreachable(`${uri} (${answer})`)
      await clock.sleep(retryDelay * 2 ** attempt)
    }
  }
}

/** The body of an answer. @throws ImportRefused unless the status is 200 and the body is JSON */
export function bodyOf <Body> ({ status, text }: Answer): Body {
  if (status !== 200) throw new ImportRefused(`it answers ${status} ${text.slice(0, 300)}`)
  try {
    return JSON.parse(text) as Body
  } catch {
    throw new ImportRefused('it answers with something that is not JSON. Is this the address of a Core?')
  }
}
