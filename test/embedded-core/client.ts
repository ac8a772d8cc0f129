import type { Test } from 'tap'
import { createEmbeddedCore, type EmbeddedCore, type EmbeddedCoreOptions } from '../../src/embedded-core/index.js'

export interface Reply <T> { status: number, headers: Headers, text: string, body: T }

type Answer = Record<string, unknown>

export interface Client {
  core: EmbeddedCore
  /** Moves the Core's clock. */
  wait (ms: number): void
  now (): number
  get <T = Answer>(path: string, headers?: Record<string, string>): Promise<Reply<T>>
  post <T = Answer>(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply<T>>
  put <T = Answer>(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply<T>>
  send <T = Answer>(method: string, path: string, init?: RequestInit): Promise<Reply<T>>
}

/** A Core with cheap hashes and a clock that stands until the test moves it, and what it takes to talk to it. */
export async function openCore (t: Test, { config, ...options }: EmbeddedCoreOptions = {}): Promise<Client> {
  let time = Date.now()
  const now = () => time
  const core = await createEmbeddedCore({ now, config: { bcrypt_log_rounds: 4, ...config }, ...options })
  t.teardown(() => core.close())

  async function send <T> (method: string, path: string, init: RequestInit = {}): Promise<Reply<T>> {
    const headers = { 'cdi-version': '5.4', ...(core.apiKey !== undefined && { 'api-key': core.apiKey }), ...init.headers as Record<string, string> }
    const response = await fetch(core.connectionURI + path, { ...init, method, headers })
    const text = (await response.text()).trimEnd()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} as T }
  }
  const withBody = (method: string) => <T>(path: string, body: unknown, headers: Record<string, string> = {}) =>
    send<T>(method, path, { body: JSON.stringify(body), headers })

  return {
    core,
    now,
    wait (ms) { time += ms },
    get: (path, headers = {}) => send('GET', path, { headers }),
    post: withBody('POST'),
    put: withBody('PUT'),
    send
  }
}

export interface TokenJson { token: string, expiry: number, createdTime: number }
export interface SessionJson {
  status: string
  session: { handle: string, userId: string, recipeUserId: string, userDataInJWT: Answer, tenantId: string }
  accessToken: TokenJson
  refreshToken: TokenJson
}
export interface UserJson { id: string, isPrimaryUser: boolean, tenantIds: string[], timeJoined: number, emails: string[], loginMethods: Array<{ recipeUserId: string, verified: boolean }> }
export interface SignedIn { status: string, user: UserJson, recipeUserId: string, createdNewUser?: boolean }
export interface CodeJson { status: string, preAuthSessionId: string, codeId: string, deviceId: string, userInputCode: string, linkCode: string, codeLifetime: number }

export const NEW_SESSION = { enableAntiCsrf: false, userDataInJWT: {}, userDataInDatabase: {} }
