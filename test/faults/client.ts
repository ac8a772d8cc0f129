import { randomUUID } from 'node:crypto'
import { newPhoneNumber } from '../../src/testing/sign-in.js'

export interface Answer {
  /** 0 for a connection that was refused or broke, -1 for no answer at all. */
  status: number
  body: Partial<Record<'status' | 'code' | 'message' | 'deviceId' | 'preAuthSessionId', string>> & { user?: { id: string }, sendsLeft?: number }
  retryAfter: string | null
  ms: number
}

/** Longer than any answer may take, whatever is down. */
const HANG_MS = 30_000

export interface Challenge { deviceId: string, preAuthSessionId: string }

/** A person with an app: header tokens, kept as they are handed out. Nothing is repeated, and nothing is thrown. */
export interface Client {
  readonly email: string
  readonly phoneNumber: string
  /** Set by the first factor. */
  userId: string
  readonly tokens: { access: string, refresh: string }
  get (path: string): Promise<Answer>
  post (path: string, payload?: object): Promise<Answer>
  signUp (): Promise<Answer>
  signIn (): Promise<Answer>
  refresh (): Promise<Answer>
  /** Asks for a code; what is needed to spend it is kept. */
  ask (phoneNumber?: string): Promise<Answer>
  consume (userInputCode: string, challenge?: Challenge): Promise<Answer>
  readonly challenge: Challenge
  /** The same person with everything they have, at another address. */
  at (origin: string): Client
}

export interface Person { email?: string, phoneNumber?: string }

export function createClient (origin: string, { email = `${randomUUID()}@example.com`, phoneNumber = newPhoneNumber() }: Person = {}): Client {
  const tokens = { access: '', refresh: '' }
  const challenge: Challenge = { deviceId: '', preAuthSessionId: '' }

  async function send (method: string, path: string, payload?: object, token = tokens.access): Promise<Answer> {
    const start = performance.now()
    try {
      const response = await fetch(origin + path, {
        method,
        // A connection for each request, as balancers have them by default. Kept ones break under a request when the other side ends.
        headers: { connection: 'close', 'st-auth-mode': 'header', ...(token !== '' && { authorization: `Bearer ${token}` }), ...(payload && { 'content-type': 'application/json' }) },
        ...(payload && { body: JSON.stringify(payload) }),
        signal: AbortSignal.timeout(HANG_MS)
      })
      const text = await response.text()
      tokens.access = response.headers.get('st-access-token') ?? tokens.access
      tokens.refresh = response.headers.get('st-refresh-token') ?? tokens.refresh
      return { status: response.status, body: JSON.parse(text), retryAfter: response.headers.get('retry-after'), ms: performance.now() - start }
    } catch (err) {
      return { status: (err as Error).name === 'TimeoutError' ? -1 : 0, body: {}, retryAfter: null, ms: performance.now() - start }
    }
  }

  async function firstFactor (path: string): Promise<Answer> {
    const formFields = [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }]
    const answer = await send('POST', path, { formFields }, '')
    client.userId = answer.body.user?.id ?? client.userId
    return answer
  }

  const client: Client = {
    email,
    phoneNumber,
    userId: '',
    tokens,
    challenge,
    get: (path) => send('GET', path),
    post: (path, payload = {}) => send('POST', path, payload),
    signUp: () => firstFactor('/auth/signup'),
    signIn: () => firstFactor('/auth/signin'),
    refresh: () => send('POST', '/auth/session/refresh', undefined, tokens.refresh),
    async ask (to = phoneNumber) {
      const answer = await send('POST', '/auth/signinup/code', { phoneNumber: to })
      const { deviceId, preAuthSessionId } = answer.body
      if (deviceId !== undefined && preAuthSessionId !== undefined) Object.assign(challenge, { deviceId, preAuthSessionId })
      return answer
    },
    consume: (userInputCode, { deviceId, preAuthSessionId } = challenge) =>
      send('POST', '/auth/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode }),
    at (elsewhere) {
      const same = createClient(elsewhere, { email, phoneNumber })
      Object.assign(same.tokens, tokens)
      Object.assign(same.challenge, challenge)
      return Object.assign(same, { userId: client.userId })
    }
  }
  return client
}

/** Whether it was done: the Frontend Driver Interface says failures with status 200, too. */
export const isOk = ({ status, body }: Answer): boolean => status === 200 && body.status === 'OK'

/** Whether it is a refusal by which a client knows what to do. */
export const isOutage = ({ status, body, retryAfter }: Answer, code: string): boolean =>
  (status === 503 || body.status === 'SIGN_IN_UP_NOT_ALLOWED') && body.code === code && /^[1-9]\d*$/.test(retryAfter ?? '')
