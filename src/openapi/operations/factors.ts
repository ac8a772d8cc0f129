import type { Operations } from '../operation.js'
import { answered, count, exactly, flag, generalError, listOf, ok, oneOf, recoveryCodes, restart, sessionAnswers, text, time } from '../schemas.js'

const limited = answered('LIMIT_REACHED_ERROR', { message: text, retryAfterMs: count }, { code: text })
const wrongTotp = answered('INVALID_TOTP_ERROR', { currentNumberOfFailedAttempts: count, maxNumberOfFailedAttempts: count })
const unknownDevice = answered('UNKNOWN_DEVICE_ERROR')
const deviceExists = answered('DEVICE_ALREADY_EXISTS_ERROR', {}, { message: text })

/** The Frontend Driver Interface's authenticator apps. */
export const TOTP: Operations = {
  'POST /totp/device': {
    tag: 'Authenticator apps',
    summary: 'Begins to add an app: the secret, and its picture',
    answers: {
      200: oneOf(ok({ issuerName: text, deviceName: text, secret: text, qrCodeString: text, qrCodeSvg: text }), deviceExists, generalError),
      ...sessionAnswers
    }
  },
  'POST /totp/device/verify': {
    tag: 'Authenticator apps',
    summary: 'Adds it, once it shows the right code',
    answers: { 200: oneOf(ok({ wasAlreadyVerified: flag }, { recoveryCodes }), wrongTotp, unknownDevice, limited, generalError), ...sessionAnswers }
  },
  'POST /totp/verify': {
    tag: 'Authenticator apps',
    summary: 'Uses a code. A new session takes the place of the one that asked; its second factor has passed',
    answers: { 200: oneOf(ok(), wrongTotp, answered('UNKNOWN_USER_ID_ERROR'), limited, restart, generalError), ...sessionAnswers }
  },
  'GET /totp/device/list': {
    tag: 'Authenticator apps',
    summary: 'The user\'s apps',
    answers: { 200: oneOf(ok({ devices: listOf(exactly({ name: text, period: count, skew: count, verified: flag })) }), generalError), ...sessionAnswers }
  },
  'POST /totp/device/remove': {
    tag: 'Authenticator apps',
    summary: 'Removes an app, or forgets one that was not confirmed',
    answers: { 200: oneOf(ok({ didDeviceExist: flag }), generalError), ...sessionAnswers }
  }
}

const passkeyOptions = oneOf(ok({ options: { type: 'object', description: 'For PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON' } }), generalError)
const invalidCredentials = answered('INVALID_CREDENTIALS_ERROR')
const unknownPasskey = answered('UNKNOWN_PASSKEY_ERROR')
const codesLeft = ok({ left: count, acknowledged: flag })

/** Our own endpoints of factors. */
export const OWN_FACTORS = {
  'POST /totp/device/rename': {
    tag: 'Authenticator apps',
    summary: 'Renames an app',
    answers: { 200: oneOf(ok(), unknownDevice, deviceExists, generalError), ...sessionAnswers }
  },

  'POST /recovery-codes': {
    tag: 'Recovery codes',
    summary: 'Makes ten new codes in place of those from before',
    answers: { 200: oneOf(ok({ recoveryCodes: listOf(text) }), generalError), ...sessionAnswers }
  },
  'GET /recovery-codes': { tag: 'Recovery codes', summary: 'How many are left', answers: { 200: oneOf(codesLeft, generalError), ...sessionAnswers } },
  'POST /recovery-codes/acknowledge': {
    tag: 'Recovery codes',
    summary: 'Notes that the person has written them down',
    answers: { 200: oneOf(codesLeft, generalError), ...sessionAnswers }
  },
  'POST /recovery-codes/verify': {
    tag: 'Recovery codes',
    summary: 'Uses a code. The session that takes the place of this one may enrol anew',
    answers: { 200: oneOf(ok({ left: count, enrolAnew: { const: true } }), answered('INVALID_RECOVERY_CODE_ERROR'), restart, generalError), ...sessionAnswers }
  },

  'POST /passkey/register/options': { tag: 'Passkeys', summary: 'Begins to add a passkey', answers: { 200: passkeyOptions, ...sessionAnswers } },
  'POST /passkey/register': {
    tag: 'Passkeys',
    summary: 'Adds what the browser has made',
    answers: { 200: oneOf(ok({}, { id: text, recoveryCodes }), invalidCredentials, restart, generalError), ...sessionAnswers }
  },
  'POST /passkey/verify/options': { tag: 'Passkeys', summary: 'Asks for one of the user\'s passkeys', answers: { 200: passkeyOptions, ...sessionAnswers } },
  'POST /passkey/verify': {
    tag: 'Passkeys',
    summary: 'Uses it. A new session takes the place of the one that asked; its second factor has passed',
    answers: { 200: oneOf(ok(), invalidCredentials, restart, generalError), ...sessionAnswers }
  },
  'GET /passkey/list': {
    tag: 'Passkeys',
    summary: 'The user\'s passkeys',
    answers: { 200: oneOf(ok({ passkeys: listOf(exactly({ id: text, createdAt: time }, { name: text, lastUsedAt: time })) }), generalError), ...sessionAnswers }
  },
  'POST /passkey/remove': { tag: 'Passkeys', summary: 'Removes one', answers: { 200: oneOf(ok(), unknownPasskey, generalError), ...sessionAnswers } },
  'POST /passkey/rename': { tag: 'Passkeys', summary: 'Renames one', answers: { 200: oneOf(ok(), unknownPasskey, generalError), ...sessionAnswers } },
  'POST /passkey/signin/options': { tag: 'Passkeys', summary: 'Begins to sign in with a passkey alone', answers: { 200: passkeyOptions }, session: 'none' },
  'POST /passkey/signin': {
    tag: 'Passkeys',
    summary: 'Signs in with it. Both factors have passed',
    answers: { 200: oneOf(ok(), invalidCredentials, restart, generalError) },
    session: 'none'
  }
} as const satisfies Operations
