import type { TransferMethod } from '../../src/testing/index.js'
import { visitProvider } from '../flows/social-login/browser.js'
import { CALLBACK } from '../flows/social-login/oidc.js'

export interface Answer {
  status: number
  body: Record<string, unknown>
}

/** A frontend that goes from one server to another with everything that it has. */
export interface Person {
  readonly login: string
  readonly phoneNumber: string
  userId: string
  /** Sends to this server from now on. */
  use (origin: string): void
  readonly token: () => string
  get (path: string): Promise<Answer>
  post (path: string, payload?: object): Promise<Answer>
  signUp (): Promise<Answer>
  signIn (): Promise<Answer>
  /** Signs up or in at a provider. */
  signInAt (thirdPartyId: string): Promise<Answer>
  refresh (): Promise<Answer>
  ask (phoneNumber?: string): Promise<Answer>
  answer (code: string): Promise<Answer>
}

export interface Frontend {
  headers?: Record<string, string>
  /** What it sends with each request for a code and each answer. */
  beside?: object
}

export function createPerson (login: string, phoneNumber: string, transferMethod: TransferMethod, { headers = {}, beside = {} }: Frontend = {}): Person {
  const cookies = new Map<string, string>()
  const tokens = new Map<string, string>()
  const challenge: Record<string, unknown> = {}
  let origin = ''

  async function send (method: string, path: string, payload?: object): Promise<Answer> {
    const bearer = tokens.get(path === '/auth/session/refresh' ? 'st-refresh-token' : 'st-access-token')
    const response = await fetch(origin + path, {
      method,
      headers: {
        rid: 'anti-csrf',
        'st-auth-mode': transferMethod,
        ...(transferMethod === 'cookie' && { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...headers
      },
      ...(payload !== undefined && { body: JSON.stringify(payload) })
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    for (const name of ['st-access-token', 'st-refresh-token']) {
      const value = response.headers.get(name)
      if (value === '') tokens.delete(name)
      else if (value !== null) tokens.set(name, value)
    }
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : { text } }
  }

  function keepId (answer: Answer): Answer {
    person.userId = (answer.body.user as { id: string } | undefined)?.id ?? person.userId
    return answer
  }

  async function firstFactor (path: string): Promise<Answer> {
    cookies.clear()
    tokens.clear()
    return keepId(await send('POST', path, { formFields: [{ id: 'email', value: login }, { id: 'password', value: 'correct horse 1' }] }))
  }

  const person: Person = {
    login,
    phoneNumber,
    userId: '',
    use (other) { origin = other },
    token: () => cookies.get('sAccessToken') ?? tokens.get('st-access-token') ?? '',
    get: (path) => send('GET', path),
    post: (path, payload = {}) => send('POST', path, payload),
    signUp: () => firstFactor('/auth/signup'),
    signIn: () => firstFactor('/auth/signin'),
    async signInAt (thirdPartyId) {
      cookies.clear()
      tokens.clear()
      const asked = await send('GET', `/auth/authorisationurl?${new URLSearchParams({ thirdPartyId, redirectURIOnProviderDashboard: CALLBACK }).toString()}`)
      const redirectURIQueryParams = await visitProvider(String(asked.body.urlWithQueryParams), { account: login })
      const redirectURIInfo = { redirectURIOnProviderDashboard: CALLBACK, redirectURIQueryParams, pkceCodeVerifier: asked.body.pkceCodeVerifier }
      return keepId(await send('POST', '/auth/signinup', { thirdPartyId, redirectURIInfo }))
    },
    refresh: () => send('POST', '/auth/session/refresh'),
    async ask (to = phoneNumber) {
      const answer = await send('POST', '/auth/signinup/code', { phoneNumber: to, ...beside })
      Object.assign(challenge, { deviceId: answer.body.deviceId, preAuthSessionId: answer.body.preAuthSessionId })
      return answer
    },
    answer: (userInputCode) => send('POST', '/auth/signinup/code/consume', { ...challenge, userInputCode, ...beside })
  }
  return person
}
