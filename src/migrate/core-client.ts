import { setTimeout as sleep } from 'node:timers/promises'
import { ImportRefused, ImportUnreachable } from '../errors.js'

export interface CoreClientOptions {
  /** One base URL or several of one Core, separated by `;`. */
  connectionURI: string
  apiKey?: string | undefined
  /** How often an answer is tried for. @default 7 */
  tries?: number
  /** Milliseconds before the second try; doubles from try to try. @default 200 */
  retryDelay?: number
}

/** An answer whatever its status: what a refusal means depends on the question. */
export interface Answer {
  status: number
  text: string
}

export type CoreClient = (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) => Promise<Answer>

const TIMEOUT_MS = 120_000
const TRANSIENT = new Set([429, 500, 502, 503, 504])

/** Talks to a Core, and tries again where that may help. What is sent twice that way is recognised later on. */
export function createCoreClient ({ connectionURI, apiKey, tries = 7, retryDelay = 200 }: CoreClientOptions): CoreClient {
  const uris = connectionURI.split(';').map((uri) => uri.trim().replace(/\/+$/, ''))
  const headers = {
    'cdi-version': '5.4',
    'content-type': 'application/json; charset=utf-8',
    ...(apiKey !== undefined && { 'api-key': apiKey })
  }

  async function once (uri: string, method: string, path: string, body: object | undefined): Promise<Answer | string> {
    try {
      const response = await fetch(uri + path, {
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
      const answer = await once(uri, method, path, body)
      if (typeof answer === 'object') {
        if (answer.status === 401) throw new ImportRefused('it does not accept the API key')
        return answer
      }
      // The reason is a code or a status, never the body: an answer may quote what was sent.
      if (attempt + 1 >= tries) throw new ImportUnreachable(`${uri} (${answer})`)
      await sleep(retryDelay * 2 ** attempt)
    }
  }
}

/** The body of an answer that has to be a good one. */
export function bodyOf <Body> ({ status, text }: Answer): Body {
  if (status !== 200) throw new ImportRefused(`it answers ${status} ${text.slice(0, 300)}`)
  try {
    return JSON.parse(text) as Body
  } catch {
    throw new ImportRefused('it answers with something that is no JSON; is the address a Core\'s?')
  }
}
