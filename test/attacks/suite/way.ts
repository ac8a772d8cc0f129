import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import { requestCode, type SignedInUser } from '../../../src/testing/index.js'
import { codeOf } from '../../second-factor/totp.js'
import { WORD } from '../../second-factor/word-factor.js'

type Payload = Record<string, string>

/** How clients of an app pass its second factor: all in which the attacks on one factor differ from those on another. */
export interface Way {
  readonly factor: string
  readonly ask: string
  /** Where the factor has messages that can be sent again. */
  readonly again?: string
  readonly answer: string
  /** Where a challenge is answered that the service need not make. @default answer */
  answerTo? (challenge: Payload): string
  /** Whether a factor that is enrolled has to be asked for. @default true */
  readonly isAsked?: boolean
  /** Key of the user's metadata that holds the enrolment, and what makes it broken. */
  readonly record: string
  readonly broken: unknown[]
  readonly brokenCode: string
  readonly wrongStatus: string
  /** What gets whoever has to start over, and whoever comes five minutes late. @default 'RESTART_FLOW_ERROR' */
  readonly restartStatus?: string
  readonly lateStatus?: string
  input (user: SignedInUser): Payload
  /** Asks, and returns what passes in this session. */
  request (app: FastifyInstance, user: SignedInUser): Promise<Payload>
  wrong (challenge: Payload): Payload
  /** What of the challenge no answer may show. */
  secret (challenge: Payload): string
  /** Everything that could pass after these answers to being asked. */
  candidates (app: FastifyInstance, asked: Payload[]): Payload[]
  /** Two challenges in one answer. */
  mixed (own: Payload, other: Payload): Payload[]
  /** What the session's data would hold if this challenge were the session's own. */
  forged (challenge: Payload, user: SignedInUser): object
}

const CODE = '/auth/signinup/code'

const sms: Way = {
  factor: 'sms',
  ask: CODE,
  again: `${CODE}/resend`,
  answer: `${CODE}/consume`,
  record: 'passwordlessUserId',
  broken: [false, []],
  brokenCode: 'AUTH_PHONE_BROKEN',
  wrongStatus: 'INCORRECT_USER_INPUT_CODE_ERROR',
  lateStatus: 'EXPIRED_USER_INPUT_CODE_ERROR',
  input: ({ phoneNumber }) => ({ phoneNumber }),
  request: requestCode,
  wrong: (challenge) => ({ ...challenge, userInputCode: challenge.userInputCode === '000000' ? '000001' : '000000' }),
  secret: ({ userInputCode }) => userInputCode!,
  candidates (app, asked) {
    const codes = app.twoFactor.outbox.entries().slice(-asked.length).map(({ code }) => code as string)
    return asked.flatMap((one) => codes.map((userInputCode) => ({ ...one, userInputCode })))
  },
  mixed: (own, other) => [{ ...own, preAuthSessionId: other.preAuthSessionId! }, { ...own, deviceId: other.deviceId! }],
  forged: ({ preAuthSessionId }, { phoneNumber }) => ({ factor: 'sms', id: preAuthSessionId, address: phoneNumber, details: { codeId: 'x' }, sentAt: Date.now() })
}

const word: Way = {
  factor: 'word',
  ask: '/auth/word/ask',
  answer: '/auth/word/answer',
  record: 'test:word',
  broken: [false, [], 'x'],
  brokenCode: 'AUTH_FACTOR_BROKEN',
  wrongStatus: 'WRONG_WORD_ERROR',
  input: () => ({}),
  async request (_app, { session }) {
    const response = await session.inject({ method: 'POST', url: word.ask, payload: {} })
    const { status, challengeId } = response.json<{ status: string, challengeId: string }>()
    if (status !== 'OK') throw new Error(`asking answered ${response.statusCode} ${response.body}`)
    return { challengeId, word: WORD }
  },
  wrong: (challenge) => ({ ...challenge, word: 'x' }),
  secret: () => WORD,
  candidates: (_app, asked) => asked.map(({ challengeId }) => ({ challengeId: challengeId!, word: WORD })),
  mixed: () => [],
  forged: ({ challengeId }) => ({ factor: 'word', id: challengeId, sentAt: Date.now() })
}

/** Secrets by user, as their apps have them. */
const apps = new Map<string, string>()

/** A code of the user's app. Without the marks of codes before, as if half a minute had passed since the last one. */
async function nextCode (userId: string, metadata: object): Promise<string> {
  const marks = Object.keys(metadata).filter((key) => key.startsWith('fastify-2fa:spent:totp:'))
  await UserMetadata.updateUserMetadata(userId, Object.fromEntries(marks.map((key) => [key, null])) as never)
  return codeOf(apps.get(userId)!)
}

const totp: Way = {
  factor: 'totp',
  ask: '/auth/totp/device',
  answer: '/auth/totp/device/verify',
  answerTo: (challenge) => challenge.deviceName === undefined ? '/auth/totp/verify' : totp.answer,
  isAsked: false,
  record: 'fastify-2fa:totp',
  broken: [false, [], 'x'],
  brokenCode: 'AUTH_FACTOR_BROKEN',
  wrongStatus: 'INVALID_TOTP_ERROR',
  restartStatus: 'UNKNOWN_DEVICE_ERROR',
  lateStatus: 'INVALID_TOTP_ERROR',
  input: () => ({}),
  async request (_app, { session, userId }) {
    const { metadata } = await UserMetadata.getUserMetadata(userId) as { metadata: object }
    if (Object.keys(metadata).some((key) => key.startsWith('fastify-2fa:totp:'))) return { totp: await nextCode(userId, metadata) }
    // Of a name that no other user gives: names are not what tells devices apart.
    const response = await session.inject({ method: 'POST', url: totp.ask, payload: { deviceName: randomUUID() } })
    const { status, deviceName, secret } = response.json<{ status: string, deviceName: string, secret: string }>()
    if (status !== 'OK') throw new Error(`asking answered ${response.statusCode} ${response.body}`)
    apps.set(userId, secret)
    return { deviceName, totp: codeOf(secret) }
  },
  wrong: (challenge) => ({ ...challenge, totp: challenge.totp === '000000' ? '000001' : '000000' }),
  secret: ({ totp }) => totp!,
  candidates: (_app, asked) => asked.map(({ deviceName, secret }) => ({ deviceName: deviceName!, totp: codeOf(secret!) })),
  mixed: () => [],
  forged: ({ deviceName }) => ({ factor: 'totp', id: `device:${deviceName}`, adds: true, details: { device: 'x', name: deviceName, secret: 'x' }, sentAt: Date.now() })
}

const WAYS: readonly Way[] = [word, sms, totp]

export const wayOf = (app: FastifyInstance): Way => WAYS.find(({ factor }) => app.twoFactor.secondFactor.factors.some(({ id }) => id === factor))!

/** Where this challenge is answered. */
export function answerOf (app: FastifyInstance, challenge: Payload): string {
  const way = wayOf(app)
  return way.answerTo?.(challenge) ?? way.answer
}

/** What gets whoever has to start over. */
export const restartOf = (app: FastifyInstance) => ({ status: wayOf(app).restartStatus ?? 'RESTART_FLOW_ERROR' })

/** Whether codes go to phones; attacks on numbers, links and messages need that. */
export const isBySms = (app: FastifyInstance): boolean => wayOf(app) === sms

export const requestChallenge = (app: FastifyInstance, user: SignedInUser): Promise<Payload> => wayOf(app).request(app, user)

/** Asks for one more app, as far as the session may, and returns what confirms it. */
export async function anotherApp ({ session }: SignedInUser): Promise<Payload> {
  const response = await session.inject({ method: 'POST', url: totp.ask, payload: {} })
  const { deviceName = 'none', secret } = response.json<{ deviceName?: string, secret?: string }>()
  return { deviceName, totp: secret === undefined ? '123456' : codeOf(secret) }
}

const recoveryCodes = new Map<string, string[]>()

/** One that is not used: of new ones, or of those that came with the first factor. */
export async function recoveryCode ({ session, userId }: SignedInUser): Promise<string> {
  const response = await session.inject({ method: 'POST', url: '/auth/recovery-codes', payload: {} })
  const { recoveryCodes: made } = response.json<{ recoveryCodes?: string[] }>()
  return (made ?? recoveryCodes.get(userId))?.[0] ?? ''
}

/** Passes the second factor in this session. */
export async function passFactor (app: FastifyInstance, user: SignedInUser): Promise<void> {
  const payload = await requestChallenge(app, user)
  const response = await user.session.inject({ method: 'POST', url: answerOf(app, payload), payload })
  const answered = response.json<{ status: string, recoveryCodes?: string[] }>()
  if (answered.recoveryCodes !== undefined) recoveryCodes.set(user.userId, answered.recoveryCodes)
  if (answered.status !== 'OK') throw new Error(`the second factor answered ${response.statusCode} ${response.body}`)
}
