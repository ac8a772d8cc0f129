import type { FastifyInstance } from 'fastify'
import { createTestSession, passSecondFactor, type SignedInUser, type TestSession, type TransferMethod } from '../../src/testing/index.js'
import { post } from './change.js'

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
export const NEWER_FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0'
export const CHROME = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/146.0.0.0 Safari/537.36`
export const SAFARI = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'
export const EDGE = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/146.0.0.0 Safari/537.36 Edg/146.0.0.0`

/** A client that says with every request what it is. */
export function browser (app: FastifyInstance, userAgent: string, transferMethod?: TransferMethod): TestSession {
  const session = createTestSession(app, transferMethod)
  return {
    ...session,
    inject: (request) => {
      const options = typeof request === 'string' ? { url: request } : request
      return session.inject({ ...options, headers: { ...options.headers, 'user-agent': userAgent } })
    }
  }
}

/** The first factor of a user, with another browser. `path` is `/signup` for a new one. */
export async function firstFactorIn (session: TestSession, user: Pick<SignedInUser, 'email' | 'password'>, path = '/signin'): Promise<string> {
  const { status, ...answer } = await post(session, path, { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: user.password }] })
  if (status !== 'OK') throw new Error(JSON.stringify({ status, ...answer }))
  return (answer.user as { id: string }).id
}

/** Both factors of a user, in another browser. */
export async function enter (app: FastifyInstance, user: SignedInUser, userAgent: string, transferMethod?: TransferMethod): Promise<SignedInUser> {
  const session = browser(app, userAgent, transferMethod)
  await firstFactorIn(session, user)
  const entered = { ...user, session }
  await passSecondFactor(app, entered)
  await app.twoFactor.delivered()
  return entered
}

/** A new account whose second factor was enrolled in this browser. */
export async function newcomer (app: FastifyInstance, names: Omit<SignedInUser, 'session' | 'userId'>, userAgent: string): Promise<SignedInUser> {
  const session = browser(app, userAgent)
  const user = { ...names, session, userId: await firstFactorIn(session, names, '/signup') }
  await passSecondFactor(app, user)
  await app.twoFactor.delivered()
  return user
}
