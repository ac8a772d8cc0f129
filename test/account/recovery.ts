import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import type { RecoveryView } from '../../src/account/recovery.js'
import { advance, newPhoneNumber, resetClock, signIn, signInWithSecondFactor, type SignedInUser, type TestSession } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'

export const RECOVERY = '/auth/account/recovery'

/** An app in which accounts are recovered. Its tests move the clock. */
export async function build (t: Test, options: ServiceOptions = {}): Promise<FastifyInstance> {
  t.teardown(resetClock)
  return await buildApp(t, { accountRecovery: true, secondFactors: ['sms', 'totp'], factorKeys: ['f'.repeat(32)], recoveryCodes: false, ...options })
}

interface Answer {
  status: string
  code?: string
  message?: string
  recovery?: RecoveryView
  [field: string]: unknown
}

export async function post (session: TestSession, url: string, payload: object = {}): Promise<Answer> {
  return (await session.inject({ method: 'POST', url, payload })).json<Answer>()
}

export async function viewOf ({ session }: { session: TestSession }): Promise<RecoveryView | undefined> {
  return (await session.inject(RECOVERY)).json<Answer>().recovery
}

/** The code in the mail that the session has asked for. */
export async function mailCode (app: FastifyInstance, { session, email }: SignedInUser): Promise<string> {
  const asked = await post(session, `${RECOVERY}/code`)
  const code = app.twoFactor.outbox.last(email)?.code
  if (asked.status !== 'OK' || code === undefined) throw new Error(`no code was mailed: ${JSON.stringify(asked)}`)
  return code
}

/** Starts a recovery as its owner does, in this session. */
export async function start (app: FastifyInstance, user: SignedInUser): Promise<Answer> {
  return await post(user.session, RECOVERY, { code: await mailCode(app, user) })
}

export async function finish (app: FastifyInstance, user: SignedInUser): Promise<Answer> {
  return await post(user.session, `${RECOVERY}/finish`, { code: await mailCode(app, user) })
}

/** Alice, who has a phone as second factor, and a session of hers that has the password only. */
export async function whoLostPhone (app: FastifyInstance): Promise<{ alice: SignedInUser, lost: SignedInUser }> {
  const alice = await signInWithSecondFactor(app)
  return { alice, lost: await signIn(app, alice) }
}

/** An account whose recovery has been waited for and is open in the session `again`; the link that stops it. */
export async function openRecovery (app: FastifyInstance): Promise<{ alice: SignedInUser, again: SignedInUser, link: string }> {
  const { alice, lost } = await whoLostPhone(app)
  await start(app, lost)
  await app.twoFactor.delivered()
  const link = linkTo(app, alice.phoneNumber)
  advance('73h')
  const again = await signIn(app, alice)
  await finish(app, again)
  return { alice, again, link }
}

/** Lets every message fail until the function that it returns is called. */
export function breakSenders ({ twoFactor: { sms, mail } }: FastifyInstance): () => void {
  const [sendSms, sendMail] = [sms.send, mail.send]
  const fail = async () => { throw new Error('down') }
  Object.assign(sms, { send: fail })
  Object.assign(mail, { send: fail })
  return () => {
    Object.assign(sms, { send: sendSms })
    Object.assign(mail, { send: sendMail })
  }
}

/** Enrols a new phone in a session; what became of it. */
export async function enrolPhone (app: FastifyInstance, { session }: { session: TestSession }, phoneNumber = newPhoneNumber()): Promise<Answer> {
  const asked = await post(session, '/auth/signinup/code', { phoneNumber })
  if (asked.status !== 'OK') return asked
  const userInputCode = app.twoFactor.outbox.last(phoneNumber)?.code
  return await post(session, '/auth/signinup/code/consume', { deviceId: asked.deviceId, preAuthSessionId: asked.preAuthSessionId, userInputCode })
}

/** The link in the newest message to a receiver. */
export function linkTo (app: FastifyInstance, to: string): string {
  const entries = app.twoFactor.outbox.entries().filter((entry) => entry.to === to && entry.link !== undefined)
  const link = entries.at(-1)?.link
  if (link === undefined) throw new Error(`no link was sent to ${to}`)
  return link
}

/** Presses the button of the page that a link leads to. */
export async function press (app: FastifyInstance, link: string): Promise<Answer> {
  const token = new URL(link).searchParams.get('token')
  return (await app.inject({ method: 'POST', url: '/auth/account/contest', payload: { token } })).json<Answer>()
}

export const isIn = async ({ session }: { session: TestSession }): Promise<boolean> => (await session.inject('/me')).statusCode === 200
