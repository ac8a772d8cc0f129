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

/**
 * Creates a client without a session.
 *
 * @param transferMethod how session tokens are transferred; defaults to `cookie`
 * @param credentials tokens to start with
 */
export function createTestSession (app: FastifyInstance, transferMethod: TransferMethod = 'cookie', credentials?: Credentials): TestSession {
  const own: Credentials = { cookies: new Map(credentials?.cookies), tokens: new Map(credentials?.tokens) }

  function authorization (url: string): string | undefined {
    const token = own.tokens.get(url.endsWith('/session/refresh') ? 'st-refresh-token' : 'st-access-token')
    return token === undefined ? undefined : `Bearer ${token}`
  }

  return {
    transferMethod,
    cookies: own.cookies,
    tokens: own.tokens,
    async inject (request) {
      const options: InjectOptions = typeof request === 'string' ? { method: 'GET', url: request } : request
      const bearer = transferMethod === 'header' ? authorization(String(options.url)) : undefined
      const cookie = [...own.cookies].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ')
      const antiCsrf = own.tokens.get('anti-csrf')
      const response = await app.inject({
        ...options,
        headers: {
          // SuperTokens' frontends send `rid` with every request, as their anti-CSRF header.
          rid: 'anti-csrf',
          'st-auth-mode': transferMethod,
          ...(bearer !== undefined && { authorization: bearer }),
          ...(transferMethod === 'cookie' && cookie !== '' && { cookie }),
          ...(antiCsrf !== undefined && { 'anti-csrf': antiCsrf }),
          ...options.headers
        }
      })
      keep(own, response)
      // Links are sent after the answer.
      await app.twoFactor.delivered()
      return response
    },
    copy: () => createTestSession(app, transferMethod, own)
  }
}
