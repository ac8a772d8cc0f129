import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { FastifyInstance, InjectOptions } from 'fastify'

/** What a Core needs to know of a call; more of it is for the network. */
export interface CoreRequest extends Omit<RequestInit, 'headers' | 'body'> {
  headers?: Record<string, string>
  body?: string
  /** Time limit of a call over the network, in milliseconds. */
  patienceMs?: number
}

/** What callers of a Core read of an answer. It can be read any number of times, so `clone` costs nothing. */
export interface CoreResponse extends Pick<Response, 'ok' | 'status' | 'text' | 'json'> {
  headers: Pick<Headers, 'get'>
  clone (): CoreResponse
}

/** `fetch`, as far as callers of a Core use it. */
export type CoreFetch = (url: string, init?: CoreRequest) => Promise<CoreResponse>

/**
 * How the Cores of this process are called, by the origin of their `connectionURI`. Calls do without a socket, which
 * takes most of the time of a call on loopback.
 */
export const coresInProcess = new Map<string, CoreFetch>()

/** `.invalid` can never be a host (RFC 2606). */
const DOMAIN = '.embedded-core.invalid'

const originOf = (url: string): string => /^https?:\/\/[^/?#]*/.exec(url)?.[0] ?? ''

/** How the Core at a URL is called, if it is or was one of this process. */
export function coreInProcess (url: string): CoreFetch | undefined {
  const origin = originOf(url)
  return coresInProcess.get(origin) ?? (origin.endsWith(DOMAIN) ? refuse : undefined)
}

/** In words by which the SDK recognises a Core that is down. */
async function refuse (): Promise<never> {
  throw new TypeError('fetch failed', { cause: new Error('the embedded Core is closed') })
}

const SALT = randomBytes(32)

/**
 * The origin of a Core that has no port. The same file has the same one, so that an app can be closed and started again.
 * It takes the place of a key: nobody outside this process can guess it.
 */
export function originInProcess (file: string): string {
  const place = file === ':memory:' ? randomUUID() : resolve(file)
  return `http://${createHmac('sha256', SALT).update(place).digest('hex').slice(0, 32)}${DOMAIN}`
}

function responseOf (status: number, headers: Record<string, string>, body: string): CoreResponse {
  const response: CoreResponse = {
    ok: status >= 200 && status < 300,
    status,
    headers: new Headers(headers),
    text: async () => body,
    // Parsed anew each time: callers may change what they get.
    json: async () => JSON.parse(body) as unknown,
    clone: () => response
  }
  return response
}

/** Rejects when a signal is aborted, as `fetch` does. */
async function aborted (signal: AbortSignal): Promise<never> {
  await once(signal, 'abort')
  return signal.throwIfAborted() as never
}

export interface InProcess {
  fetch: CoreFetch
  /** Refuses further calls, as a port that is closed does. Resolves when the running ones have their answers. */
  close (): Promise<void>
}

/** Answers calls by the routes, keys, versions and errors of the Core's own server. */
export function answerInProcess (origin: string, fastify: FastifyInstance): InProcess {
  const running = new Set<Promise<CoreResponse>>()
  let isOpen = true

  async function call (wholeUrl: string, { method = 'GET', headers = {}, body }: CoreRequest): Promise<CoreResponse> {
    const url = wholeUrl.slice(origin.length) || '/'
    const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const answer = await fastify.answerDirectly({ method, url, headers: lowerCase, body })
    if (answer !== undefined) return responseOf(answer.status, answer.headers, answer.body)
    const refused = await fastify.inject({ method: method as NonNullable<InjectOptions['method']>, url, headers, ...(body !== undefined && { payload: body }) })
    return responseOf(refused.statusCode, refused.headers as Record<string, string>, refused.body)
  }

  async function fetch (url: string, init: CoreRequest = {}): Promise<CoreResponse> {
    if (originOf(url) !== origin) throw new TypeError('The URL must begin with the connectionURI of this Core')
    if (!isOpen) return await refuse()
    init.signal?.throwIfAborted()
    const answer: Promise<CoreResponse> = call(url, init).finally(() => { running.delete(answer) })
    running.add(answer)
    return await (init.signal == null ? answer : Promise.race([answer, aborted(init.signal)]))
  }

  coresInProcess.set(origin, fetch)
  return {
    fetch,
    async close () {
      isOpen = false
      coresInProcess.delete(origin)
      await Promise.allSettled(running)
    }
  }
}
