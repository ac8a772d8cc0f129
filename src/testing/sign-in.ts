import { randomInt, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { answerOf } from './answer.js'
import { createTestSession, type TestSession, type TransferMethod } from './test-session.js'
import { enrolTotp } from './totp.js'

export interface TestUser {
  /** E-mail address or phone number, depending on the first factor. @default a new one */
  email?: string
  /** @default a password that meets the default policy */
  password?: string
  /** Phone that receives the codes, in E.164. @default a new number */
  phoneNumber?: string
  /** @default 'cookie' */
  transferMethod?: TransferMethod
  /** Where requests of the Frontend Driver Interface go. @default the app's `authPath.received` */
  apiBasePath?: string
}

export interface SignedInUser {
  session: TestSession
  email: string
  password: string
  phoneNumber: string
  userId: string
}

/** Returns a valid phone number. Messages to it appear in `app.twoFactor.outbox`. */
export function newPhoneNumber (): string {
  return `+1212${randomInt(2_000_000, 10_000_000)}`
}

/** Signs up a new user: the first factor has passed, the second has not. */
export async function signUp (app: FastifyInstance, user: TestUser = {}): Promise<SignedInUser> {
  const byPhone = app.twoFactor.secondFactor.claim.key === 'phone-verified'
  const phoneNumber = user.phoneNumber ?? newPhoneNumber()
  const email = user.email ?? (byPhone ? phoneNumber : `${randomUUID()}@example.com`)
  return await firstFactor(app, '/signup', { ...user, email, phoneNumber })
}

/** Signs in an existing user: the first factor has passed, the second has not. */
export async function signIn (app: FastifyInstance, user: TestUser & { email: string, phoneNumber: string }): Promise<SignedInUser> {
  return await firstFactor(app, '/signin', user)
}

async function firstFactor (app: FastifyInstance, path: string, user: TestUser & { email: string, phoneNumber: string }): Promise<SignedInUser> {
  const { email, phoneNumber, password = 'correct horse 1', transferMethod, apiBasePath = app.twoFactor.authPath.received } = user
  const session = createTestSession(app, transferMethod)
  const body = answerOf(await session.inject({
    method: 'POST',
    url: apiBasePath + path,
    payload: { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] }
  }), path)
  return { session, email, password, phoneNumber, userId: (body.user as { id: string }).id }
}

/**
 * Requests a code and returns the payload for `signinup/code/consume`. The code comes from `app.twoFactor.outbox`. It goes to
 * the phone, or by mail in apps whose `secondFactors` have `email` and no `sms`.
 */
export async function requestCode (app: FastifyInstance, { session, email, phoneNumber }: SignedInUser, apiBasePath = app.twoFactor.authPath.received) {
  const hasFactor = (name: string): boolean => app.twoFactor.secondFactor.factors.some(({ id }) => id === name)
  const byMail = hasFactor('email') && !hasFactor('sms')
  const { deviceId, preAuthSessionId } = answerOf(await session.inject({
    method: 'POST', url: `${apiBasePath}/signinup/code`, payload: byMail ? { email } : { phoneNumber }
  }), 'code') as { deviceId: string, preAuthSessionId: string }
  const userInputCode = app.twoFactor.outbox.last(byMail ? email : phoneNumber)?.code
  if (userInputCode === undefined) throw new Error('There is no code in app.twoFactor.outbox. Does the app use the log sender?')
  return { deviceId, preAuthSessionId, userInputCode }
}

/** Passes the second factor in the user's session: by a code, or with a new authenticator app where no codes are sent. */
export async function passSecondFactor (app: FastifyInstance, user: SignedInUser, apiBasePath = app.twoFactor.authPath.received): Promise<void> {
  if (!app.twoFactor.secondFactor.factors.some(({ id }) => id === 'sms' || id === 'email')) {
    await enrolTotp(app, user, apiBasePath)
    return
  }
  const payload = await requestCode(app, user, apiBasePath)
  answerOf(await user.session.inject({ method: 'POST', url: `${apiBasePath}/signinup/code/consume`, payload }), 'consume')
}

/**
 * Signs up a user and passes both factors:
 *
 * ```ts
 * const { session } = await signInWithSecondFactor(app)
 * const response = await session.inject('/protected')
 * ```
 */
export async function signInWithSecondFactor (app: FastifyInstance, user: TestUser = {}): Promise<SignedInUser> {
  const signedUp = await signUp(app, user)
  await passSecondFactor(app, signedUp, user.apiBasePath)
  return signedUp
}
