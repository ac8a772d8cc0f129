import type { FastifyInstance } from 'fastify'
import { newPhoneNumber, passSecondFactor, requestCode, signIn, type SignedInUser, type TestSession } from '../../src/testing/index.js'

export type Answer = Record<string, unknown> & { status?: string, code?: string, deviceId?: string, preAuthSessionId?: string }

export async function post (session: TestSession, path: string, payload: object = {}): Promise<Answer> {
  const response = await session.inject({ method: 'POST', url: `/auth${path}`, payload })
  return { ...response.json<Answer>(), ...(response.statusCode !== 200 && { statusCode: response.statusCode }) }
}

/** The code that went to a phone or a mailbox last. */
export const codeTo = (app: FastifyInstance, to: string): string => app.twoFactor.outbox.entries().findLast((entry) => entry.to === to && entry.code !== undefined)!.code!

/** Asks to change the phone, and returns what confirms it. */
export async function askToChange (app: FastifyInstance, session: TestSession, phoneNumber: string) {
  const { status, deviceId, preAuthSessionId, ...others } = await post(session, '/account/phone', { phoneNumber })
  if (status !== 'OK') throw new Error(JSON.stringify(others))
  return { deviceId, preAuthSessionId, userInputCode: codeTo(app, phoneNumber) }
}

/** Changes the phone of a user whose second factor has passed just now. Returns the new number. */
export async function changePhone (app: FastifyInstance, { session }: { session: TestSession }): Promise<string> {
  const phoneNumber = newPhoneNumber()
  const confirmed = await post(session, '/account/phone/verify', await askToChange(app, session, phoneNumber))
  if (confirmed.status !== 'OK') throw new Error(JSON.stringify(confirmed))
  await app.twoFactor.delivered()
  return phoneNumber
}

/** Another session of the user, with both factors. */
export async function again (app: FastifyInstance, user: SignedInUser): Promise<SignedInUser> {
  const other = await signIn(app, user)
  await passSecondFactor(app, other)
  return other
}

/** Whether somebody who has the password and this phone gets in. */
export async function getsIn (app: FastifyInstance, user: SignedInUser, phoneNumber: string): Promise<boolean> {
  try {
    const { session } = await again(app, { ...user, phoneNumber })
    return (await session.inject('/sessioninfo')).statusCode === 200
  } catch {
    return false
  }
}

export const isAlive = async (session: TestSession): Promise<boolean> => (await session.inject({ method: 'PUT', url: '/auth/mfa/info' })).statusCode === 200

/** The messages with a link that undoes something, newest last. */
export const noticesTo = (app: FastifyInstance, to: string) => app.twoFactor.outbox.entries().filter((entry) => entry.to === to && entry.code === undefined)

/** The link in the text of a message. */
export const linkIn = ({ body }: { body: string }): string | undefined => /http\S+\?token=\S+/.exec(body)?.[0]

export function linkTo (app: FastifyInstance, to: string): string {
  const link = noticesTo(app, to).map(linkIn).findLast((found) => found !== undefined)
  if (link === undefined) throw new Error('no link was sent')
  return link
}

export const tokenIn = (link: string): string => new URL(link).searchParams.get('token')!

/** Opens the link of a message, and presses the button on its page. */
export async function undo (app: FastifyInstance, link: string): Promise<Answer> {
  const response = await app.inject({ method: 'POST', url: '/auth/account/contest', payload: { token: tokenIn(link) } })
  await app.twoFactor.delivered()
  return response.json<Answer>()
}

export { requestCode }
