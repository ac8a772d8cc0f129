/** Answers of the endpoints of our own, which SuperTokens' frontends do not know. Times are milliseconds since 1970. */

/** For the person in front of the page, in their language. `code` is for programs (`docs/errors.md`). */
export interface GeneralError { status: 'GENERAL_ERROR', message: string, code?: string }

/** Ask for the challenge again. */
export interface Restart { status: 'RESTART_FLOW_ERROR' }

/** What is wrong with single fields. */
export interface FieldError { status: 'FIELD_ERROR', formFields: Array<{ id: string, error: string }> }

export interface Ok { status: 'OK' }

/** The code was not right, or too old. */
export interface CodeRefused { status: 'INCORRECT_USER_INPUT_CODE_ERROR' | 'EXPIRED_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount?: number, maximumCodeInputAttempts?: number }

export interface WrongPassword { status: 'WRONG_CREDENTIALS_ERROR', message: string }

/** A code is on its way. The answer to it names both ids. */
export interface CodeSent extends Ok { deviceId: string, preAuthSessionId: string, flowType: string, sendsLeft?: number }

export interface SentCode { deviceId: string, preAuthSessionId: string, userInputCode: string }

/** Shown now and never again. Present where this enrolled the first factor. */
export interface FirstFactorEnrolled extends Ok { recoveryCodes?: string[] }

export interface Passkey { id: string, name?: string, createdAt: number, lastUsedAt?: number }

/** What a browser's `PublicKeyCredential.toJSON()` gives. */
export interface CredentialJson { id: string, rawId: string, type: 'public-key' | (string & {}), response: object }

/** For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`. */
export interface PasskeyOptions extends Ok { options: object, sendsLeft?: number }

export interface PasskeyRefused { status: 'INVALID_CREDENTIALS_ERROR' }

export interface ListedSession {
  /** Names it in `POST /account/sessions/end`. */
  id: string
  isCurrent: boolean
  startedAt: number
  lastUsedAt?: number
  browser?: string
  system?: string
  /** The second factors that it has passed. */
  passed: Array<{ factor: string, at: number }>
}

export interface Recovery {
  phase: 'none' | 'waiting' | 'ready' | 'open'
  startedAt?: number
  readyAt?: number
  lapsesAt?: number
  openUntil?: number
  pausedUntil?: number
}

export interface RecoveryViewed extends Ok { recovery: Recovery }

export interface KnownBrowser { id: string, name: string, addedAt: number, expiresAt: number }

export interface BrowserKey { kty: 'EC', crv: 'P-256', x: string, y: string }

export interface BrowserSignature { signature: string, origin: string }

/** An operation: what it takes, and the answers with 200. */
interface Op<Body, Answer> { body: Body, answer: Answer | GeneralError }
type None = Record<string, never>

interface Move<Field extends string> {
  ask: Op<Record<Field, string>, CodeSent>
  verify: Op<SentCode, Ok | CodeRefused | Restart>
  remove: Op<None, Ok & { wasEnrolled: boolean }>
}

/** By method and path below `apiBasePath`. */
export interface OwnApi {
  'POST /account/password': Op<{ oldPassword: string, newPassword: string }, Ok | WrongPassword | FieldError>
  'POST /account/email': Op<{ email: string, password?: string }, Ok | WrongPassword | FieldError>
  'POST /account/email/confirm': Op<{ token: string }, Ok | { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' }>
  'POST /account/phone': Move<'phoneNumber'>['ask']
  'POST /account/phone/verify': Move<'phoneNumber'>['verify']
  'POST /account/phone/remove': Move<'phoneNumber'>['remove']
  'POST /account/email-factor': Move<'email'>['ask']
  'POST /account/email-factor/verify': Move<'email'>['verify']
  'POST /account/email-factor/remove': Move<'email'>['remove']
  'GET /account/sessions': Op<undefined, Ok & { sessions: ListedSession[], total: number }>
  'POST /account/sessions/end': Op<{ id: string } | { others: true }, Ok & { didSessionExist?: boolean }>
  'POST /account/contest': Op<{ token: string }, Ok & { message: string }>

  'GET /account/recovery': Op<undefined, RecoveryViewed>
  'POST /account/recovery/code': Op<None, Ok & { email: string }>
  'POST /account/recovery': Op<{ code: string }, RecoveryViewed | CodeRefused | Restart>
  'POST /account/recovery/finish': Op<{ code: string }, RecoveryViewed | CodeRefused | Restart>
  'POST /account/recovery/stop': Op<None, RecoveryViewed>

  'POST /account/browsers/challenge': Op<None, Ok & { challenge: string, session: string }>
  'POST /account/browsers': Op<BrowserSignature & { publicKey: BrowserKey, name?: string }, (Ok & { id: string, expiresAt: number }) | Restart>
  'POST /account/browsers/proof': Op<BrowserSignature & { id: string }, (Ok & { expiresAt: number }) | Restart>
  'GET /account/browsers': Op<undefined, Ok & { browsers: KnownBrowser[] }>
  'POST /account/browsers/end': Op<{ id: string }, Ok & { didBrowserExist: boolean }>

  'POST /totp/device/rename': Op<{ existingDeviceName: string, newDeviceName: string }, Ok | { status: 'UNKNOWN_DEVICE_ERROR' } | { status: 'DEVICE_ALREADY_EXISTS_ERROR', message: string }>

  'POST /recovery-codes': Op<None, Ok & { recoveryCodes: string[] }>
  'GET /recovery-codes': Op<undefined, Ok & { left: number, acknowledged: boolean }>
  'POST /recovery-codes/acknowledge': Op<None, Ok & { left: number, acknowledged: boolean }>
  'POST /recovery-codes/verify': Op<{ code: string }, (Ok & { left: number, enrolAnew: true }) | { status: 'INVALID_RECOVERY_CODE_ERROR' } | Restart>

  'POST /passkey/register/options': Op<{ name?: string }, PasskeyOptions>
  'POST /passkey/register': Op<{ credential: CredentialJson, name?: string }, (FirstFactorEnrolled & { id?: string }) | PasskeyRefused | Restart>
  'POST /passkey/verify/options': Op<None, PasskeyOptions>
  'POST /passkey/verify': Op<{ credential: CredentialJson }, Ok | PasskeyRefused | Restart>
  'GET /passkey/list': Op<undefined, Ok & { passkeys: Passkey[] }>
  'POST /passkey/remove': Op<{ id: string }, Ok | { status: 'UNKNOWN_PASSKEY_ERROR' }>
  'POST /passkey/rename': Op<{ id: string, name: string }, Ok | { status: 'UNKNOWN_PASSKEY_ERROR' }>
  'POST /passkey/signin/options': Op<None, PasskeyOptions>
  'POST /passkey/signin': Op<{ credential: CredentialJson }, Ok | PasskeyRefused | Restart>
}

export type OwnOperation = keyof OwnApi
