import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'

export type TransferMethod = 'cookie' | 'header'

/**
 * The session handling of a browser, or of an app with header tokens: stores the tokens it receives and sends them
 * back.
 */
export interface TestSession {
  readonly transferMethod: TransferMethod
  /** `app.inject` with the session attached. Keeps the session changes in the response. */
  inject (request: InjectOptions | string): Promise<LightMyRequestResponse>
  /** Cookies by name, for tests that forge or replay them. */
  readonly cookies: Map<string, string>
  /** Header tokens by name: `st-access-token`, `st-refresh-token`, `anti-csrf`. */
  readonly tokens: Map<string, string>
  /** A second client with the same credentials, as a thief would have them. */
  copy (): TestSession
}

const TOKEN_HEADERS = ['st-access-token', 'st-refresh-token', 'anti-csrf', 'front-token']

interface Credentials {
  cookies: Map<string, string>
  tokens: Map<string, string>
}

function keep ({ cookies, tokens }: Credentials, response: LightMyRequestResponse): void {
  for (const { name, value, expires } of response.cookies) {
    if (value === '' || (expires !== undefined && expires.getTime() <= Date.now())) cookies.delete(name)
    else cookies.set(name, value)
  }
  for (const name of TOKEN_HEADERS) {
    const value = response.headers[name]
    if (value === '' || value === 'remove') tokens.delete(name)
    else if (typeof value === 'string') tokens.set(name, value)
  }
}

/** The headers with which a client sends its session to this URL. */
export function credentialsOf ({ transferMethod, cookies, tokens }: Pick<TestSession, 'transferMethod' | 'cookies' | 'tokens'>, url: string): Record<string, string> {
  const token = tokens.get(url.endsWith('/session/refresh') ? 'st-refresh-token' : 'st-access-token')
  const cookie = [...cookies].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ')
  const antiCsrf = tokens.get('anti-csrf')
  return {
    // SuperTokens' frontends send `rid` with every request, as their anti-CSRF header.
    rid: 'anti-csrf',
    'st-auth-mode': transferMethod,
    ...(transferMethod === 'header' && token !== undefined && { authorization: `Bearer ${token}` }),
    ...(transferMethod === 'cookie' && cookie !== '' && { cookie }),
    ...(antiCsrf !== undefined && { 'anti-csrf': antiCsrf })
  }
}

/**
 * Creates a client without a session.
 *
 * @param transferMethod how session tokens are transferred; defaults to `cookie`
 * @param credentials tokens to start with
 */
export function createTestSession (app: FastifyInstance, transferMethod: TransferMethod = 'cookie', credentials?: Credentials): TestSession {
  const own: Credentials = { cookies: new Map(credentials?.cookies), tokens: new Map(credentials?.tokens) }

  return {
    transferMethod,
    cookies: own.cookies,
    tokens: own.tokens,
    async inject (request) {
      const options: InjectOptions = typeof request === 'string' ? { method: 'GET', url: request } : request
      const headers = { ...credentialsOf({ ...own, transferMethod }, String(options.url)), ...options.headers }
      const response = await app.inject({ ...options, headers })
      keep(own, response)
      // Links are sent after the answer.
      await app.twoFactor.delivered()
      return response
    },
    copy: () => createTestSession(app, transferMethod, own)
  }
}
