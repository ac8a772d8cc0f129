import { setTimeout as sleep } from 'node:timers/promises'
import { NEW_SESSION, type CodeJson, type SessionJson, type SignedIn } from './client.js'

/** What a Core has acknowledged, and what was under way when it ended, of which both outcomes are right. */
export interface Ledger {
  signUps: Array<{ email: string, id: string }>
  /** `token` is the newest that was answered; `spent` ones were replaced and verified. */
  sessions: Array<{ handle: string, userId: string, token: string, access: string, spent: string[] }>
  metadata: Map<string, { acknowledged: number, tried: number }>
  /** Created, and perhaps consumed: `undefined` while nobody has answered. */
  codes: Array<{ phone: string, code: CodeJson, consumed: 'no' | 'perhaps' | 'yes' }>
  removed: string[]
  signUpsTried: string[]
}

export const emptyLedger = (): Ledger => ({ signUps: [], sessions: [], metadata: new Map(), codes: [], removed: [], signUpsTried: [] })

export interface Address { connectionURI: string, apiKey: string }
export type Post = <T = Record<string, unknown>>(path: string, body: object, method?: string) => Promise<T>

/** Rejects when the Core is gone; everything but 200 is an error, also the lock errors that must not be. */
export function caller ({ connectionURI, apiKey }: { connectionURI: string, apiKey?: string | undefined }, onAnswer: () => void = () => {}): Post {
  return async (path, body, method = 'POST') => {
    const response = await fetch(connectionURI + path, {
      method, headers: { 'api-key': apiKey ?? '', 'cdi-version': '5.4' }, ...(method !== 'GET' && { body: JSON.stringify(body) })
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${method} ${path} answers ${response.status} ${text}`)
    onAnswer()
    return JSON.parse(text)
  }
}

export const PASSWORD = 'correct horse'
const REFRESH = { enableAntiCsrf: false, useDynamicSigningKey: true }
const VERIFY = { enableAntiCsrf: false, doAntiCsrfCheck: false, checkDatabase: true }

/** One user after another: signs up, has a session that is refreshed, metadata, a code; until the Core is gone. */
export async function lane (post: Post, ledger: Ledger, name: string): Promise<Error> {
  try {
    for (let turn = 0; ; turn++) {
      const id = await signUp(post, ledger, `${name}-${turn}@example.com`)
      const session = await startSession(post, ledger, id)
      for (let step = 0; step < 3; step++) {
        await refresh(post, session)
        await write(post, ledger, id)
      }
      await useCode(post, ledger, `+1415${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`, turn % 3 === 0)
      if (turn % 4 === 3) await remove(post, ledger, session.handle)
      await sleep(0)
    }
  } catch (error) {
    return error as Error
  }
}

async function signUp (post: Post, { signUps, signUpsTried }: Ledger, email: string): Promise<string> {
  signUpsTried.push(email)
  const { user: { id } } = await post<SignedIn>('/recipe/signup', { email, password: PASSWORD })
  signUps.push({ email, id })
  return id
}

async function startSession (post: Post, { sessions }: Ledger, userId: string): Promise<Ledger['sessions'][number]> {
  const { session: { handle }, accessToken, refreshToken } = await post<SessionJson>('/recipe/session', { userId, ...NEW_SESSION })
  const session = { handle, userId, token: refreshToken.token, access: accessToken.token, spent: [] }
  sessions.push(session)
  return session
}

async function refresh (post: Post, session: Ledger['sessions'][number]): Promise<void> {
  const { refreshToken, accessToken } = await post<SessionJson>('/recipe/session/refresh', { refreshToken: session.token, ...REFRESH })
  const old = session.token
  Object.assign(session, { token: refreshToken.token, access: accessToken.token })
  await post('/recipe/session/verify', { accessToken: accessToken.token, ...VERIFY })
  session.spent.push(old)
}

/** Both fields always change together. */
async function write (post: Post, { metadata }: Ledger, userId: string): Promise<void> {
  const entry = metadata.get(userId) ?? { acknowledged: 0, tried: 0 }
  metadata.set(userId, entry)
  const next = ++entry.tried
  await post('/recipe/user/metadata', { userId, metadataUpdate: { one: next, other: next } }, 'PUT')
  entry.acknowledged = next
}

async function useCode (post: Post, { codes }: Ledger, phone: string, keep: boolean): Promise<void> {
  const code = await post<CodeJson>('/recipe/signinup/code', { phoneNumber: phone })
  const entry: Ledger['codes'][number] = { phone, code, consumed: 'no' }
  codes.push(entry)
  if (keep) return
  entry.consumed = 'perhaps'
  await consume(post, code)
  entry.consumed = 'yes'
}

export function consume (post: Post, { deviceId, preAuthSessionId, userInputCode }: CodeJson): Promise<{ status: string }> {
  return post('/recipe/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode })
}

async function remove (post: Post, { sessions, removed }: Ledger, handle: string): Promise<void> {
  // While it is under way nothing can be said about it.
  sessions.splice(sessions.findIndex((one) => one.handle === handle), 1)
  await post('/recipe/session/remove', { sessionHandles: [handle] })
  removed.push(handle)
}

/** Everything that is not as it was acknowledged, in words. */
export async function contradictions (post: Post, ledger: Ledger): Promise<string[]> {
  const found: string[] = []
  const expect = (holds: boolean, what: string): void => { if (!holds) found.push(what) }
  const known = new Map(ledger.signUps.map(({ email, id }) => [email, id]))

  for (const email of ledger.signUpsTried) {
    const { status, user } = await post<SignedIn>('/recipe/signin', { email, password: PASSWORD })
    const id = known.get(email)
    if (status === 'OK') expect(user.loginMethods.length === 1 && user.tenantIds.join() === 'public' && (id === undefined || user.id === id), `${email} is half a user`)
    else expect(id === undefined, `${email} is lost: ${status}`)
  }
  for (const [userId, { acknowledged, tried }] of ledger.metadata) {
    const { metadata: { one = 0, other = 0 } } = await post<{ metadata: { one?: number, other?: number } }>(`/recipe/user/metadata?userId=${userId}`, {}, 'GET')
    expect(one === other && one >= acknowledged && one <= tried, `metadata of ${userId}: ${one} and ${other}, acknowledged ${acknowledged}`)
  }
  for (const { phone, code, consumed } of ledger.codes) {
    const { status } = await consume(post, code)
    expect(status === 'OK' ? consumed !== 'yes' : consumed !== 'no' && status === 'RESTART_FLOW_ERROR', `a code that was consumed: ${consumed}, now answers ${status}`)
    const { users } = await post<{ users: Array<{ loginMethods: object[], tenantIds: string[] }> }>(`/users/by-accountinfo?phoneNumber=${encodeURIComponent(phone)}&doUnionOfAccountInfo=true`, {}, 'GET')
    expect(users.length === 1 && users[0]?.loginMethods.length === 1 && users[0].tenantIds.join() === 'public', `${users.length} users with the phone of a consumed code`)
  }
  for (const session of ledger.sessions) found.push(...await sessionContradictions(post, session))
  for (const handle of ledger.removed) {
    expect((await post<{ status: string }>(`/recipe/session?sessionHandle=${handle}`, {}, 'GET')).status === 'UNAUTHORISED', 'a removed session is back')
  }
  return found
}

async function sessionContradictions (post: Post, { token, access, spent, userId }: Ledger['sessions'][number]): Promise<string[]> {
  const found: string[] = []
  const verified = await post<{ status: string }>('/recipe/session/verify', { accessToken: access, ...VERIFY })
  if (verified.status !== 'OK') found.push(`the newest access token answers ${verified.status}`)
  const refreshed = await post<SessionJson>('/recipe/session/refresh', { refreshToken: token, ...REFRESH })
  if (refreshed.status !== 'OK' || refreshed.session.userId !== userId) found.push(`the newest refresh token answers ${refreshed.status}`)
  const stale = spent.at(-2)
  if (stale === undefined) return found
  const theft = await post<{ status: string }>('/recipe/session/refresh', { refreshToken: stale, ...REFRESH })
  return theft.status === 'TOKEN_THEFT_DETECTED' ? found : [...found, `a spent refresh token answers ${theft.status}`]
}
