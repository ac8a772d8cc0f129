import type { FastifyInstance } from 'fastify'
import { requestCode, type SignedInUser } from '../../../src/testing/index.js'
import { WORD } from '../../second-factor/word-factor.js'
import { keepRecoveryCodes } from './recovery-codes.js'
import { passkey } from './way-passkey.js'
import { totp } from './way-totp.js'
import type { Payload, Way } from './way-type.js'

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

const email: Way = {
  ...sms,
  factor: 'email',
  record: 'fastify-2fa:email',
  broken: [false, [], 'alice'],
  brokenCode: 'AUTH_FACTOR_BROKEN',
  input: (user) => ({ email: user.email }),
  forged: ({ preAuthSessionId }, user) => ({ factor: 'email', id: preAuthSessionId, address: user.email, details: { codeId: 'x' }, sentAt: Date.now() })
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

/** What anybody could send as an answer, whatever the factor. */
export const MADE_UP = {
  deviceId: 'a',
  preAuthSessionId: 'b',
  userInputCode: '123456',
  challengeId: 'c',
  word: 'w',
  deviceName: 'd',
  totp: '1',
  credential: { id: 'a', rawId: 'a', type: 'public-key', response: { clientDataJSON: 'e30', authenticatorData: 'a', signature: 'a', attestationObject: 'a' } }
}

export function wayOf (app: FastifyInstance): Way {
  const ids = app.twoFactor.secondFactor.factors.map(({ id }) => id)
  return [word, passkey, sms, totp].find(({ factor }) => ids.includes(factor)) ?? email
}

/** Where this challenge is answered. */
export function answerOf (app: FastifyInstance, challenge: Payload): string {
  const way = wayOf(app)
  return way.answerTo?.(challenge) ?? way.answer
}

/** What gets whoever has to start over. */
export const restartOf = (app: FastifyInstance) => ({ status: wayOf(app).restartStatus ?? 'RESTART_FLOW_ERROR' })

/** Whether codes go to phones; attacks on numbers need that. */
export const isBySms = (app: FastifyInstance): boolean => wayOf(app) === sms

/** Whether codes are sent, to phones or by mail. */
export const isByCode = (app: FastifyInstance): boolean => isBySms(app) || wayOf(app) === email

export const requestChallenge = (app: FastifyInstance, user: SignedInUser): Promise<Payload> => wayOf(app).request(app, user)

/** Passes the second factor in this session. */
export async function passFactor (app: FastifyInstance, user: SignedInUser): Promise<void> {
  const payload = await requestChallenge(app, user)
  const response = await user.session.inject({ method: 'POST', url: answerOf(app, payload), payload })
  const answered = response.json<{ status: string, recoveryCodes?: string[] }>()
  keepRecoveryCodes(user, answered)
  if (answered.status !== 'OK') throw new Error(`the second factor answered ${response.statusCode} ${response.body}`)
}
