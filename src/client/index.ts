import type { OwnApi, OwnOperation } from './api.js'

export type * from './api.js'

type Path<Method extends string> = OwnOperation extends infer Key ? Key extends `${Method} ${infer Rest}` ? Rest : never : never
type BodyOf<Key extends OwnOperation> = OwnApi[Key]['body']
type AnswerOf<Key extends OwnOperation> = OwnApi[Key]['answer']

/** An endpoint whose body may be empty needs none. */
type BodyArgument<Key extends OwnOperation> = Record<string, never> extends BodyOf<Key> ? [body?: BodyOf<Key>] : [body: BodyOf<Key>]

export interface ClientOptions {
  /** Address of the endpoints, such as `https://auth.example.com/auth`: `apiDomain` and `apiBasePath`. */
  url: string
  /**
   * Sends the requests. SuperTokens' frontends replace the global one, so that it carries the session and refreshes it.
   * @default globalThis.fetch
   */
  fetch?: typeof globalThis.fetch
  /** Further headers for each request, such as an anti-CSRF header or a language. */
  headers?: Record<string, string>
}

/** An answer that no endpoint gives by a `status`: the session has ended (401), lacks a claim (403), or the service is busy. */
export class ClientError extends Error {
  override readonly name = 'ClientError'

  constructor (
    message: string,
    /** HTTP status. */
    readonly statusCode: number,
    /** Such as `AUTH_OVERLOADED` (`docs/errors.md`), where the answer has one. */
    readonly code: string | undefined,
    readonly response: Response
  ) {
    super(message)
  }
}

const textIn = (value: unknown, key: string): string | undefined => {
  const member: unknown = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return typeof member === 'string' ? member : undefined
}

/**
 * A client for the endpoints of our own, with their types. Those of the Frontend Driver Interface are SuperTokens' clients'.
 *
 * @example
 * const client = createClient({ url: 'https://auth.example.com/auth' })
 * const answer = await client.post('/account/password', { oldPassword, newPassword })
 * if (answer.status === 'FIELD_ERROR') show(answer.formFields)
 */
export function createClient ({ url, fetch = globalThis.fetch, headers = {} }: ClientOptions) {
  const base = url.replace(/\/+$/, '')

  async function send (method: 'GET' | 'POST', path: string, body?: object): Promise<never> {
    const response = await fetch(base + path, {
      method,
      credentials: 'include',
      headers: { accept: 'application/json', ...(method === 'POST' && { 'content-type': 'application/json' }), ...headers },
      ...(method === 'POST' && { body: JSON.stringify(body ?? {}) })
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok && textIn(answer, 'status') !== undefined) return answer as never
    throw new ClientError(textIn(answer, 'message') ?? `${method} ${path} was answered with ${response.status}`, response.status, textIn(answer, 'code'), response)
  }

  return {
    /** @throws ClientError, or what `fetch` throws */
    get: <P extends Path<'GET'>>(path: P): Promise<AnswerOf<`GET ${P}` & OwnOperation>> => send('GET', path),
    /** @throws ClientError, or what `fetch` throws */
    post: <P extends Path<'POST'>>(path: P, ...[body]: BodyArgument<`POST ${P}` & OwnOperation>): Promise<AnswerOf<`POST ${P}` & OwnOperation>> => send('POST', path, body)
  }
}

export type Client = ReturnType<typeof createClient>
