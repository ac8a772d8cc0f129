import type { Operations } from '../operation.js'
import { answered, count, exactly, fieldError, flag, generalError, listOf, ok, oneOf, restart, sessionAnswers, text, time, wrongPassword } from '../schemas.js'

const tries = { failedCodeInputAttemptCount: count, maximumCodeInputAttempts: count }
const codeRefused = [answered('INCORRECT_USER_INPUT_CODE_ERROR', {}, tries), answered('EXPIRED_USER_INPUT_CODE_ERROR', {}, tries)]

const codeSent = { 200: oneOf(ok({ deviceId: text, preAuthSessionId: text, flowType: text }, { sendsLeft: count }), generalError), ...sessionAnswers }
const moved = { 200: oneOf(ok(), ...codeRefused, restart, generalError), ...sessionAnswers }
const removed = { 200: oneOf(ok({ wasEnrolled: flag }), generalError), ...sessionAnswers }

const session = exactly(
  { id: text, isCurrent: flag, startedAt: time, passed: listOf(exactly({ factor: text, at: time })) },
  { lastUsedAt: time, browser: text, system: text }
)

const recovery = ok({
  recovery: exactly({ phase: { enum: ['none', 'waiting', 'ready', 'open'] } }, { startedAt: time, readyAt: time, lapsesAt: time, openUntil: time, pausedUntil: time })
})
const recoveryByCode = { 200: oneOf(recovery, ...codeRefused, restart, generalError), ...sessionAnswers }

/** What owners do with their accounts, at endpoints of our own. */
export const ACCOUNT = {
  'POST /account/password': {
    tag: 'Account',
    summary: 'Changes the password. Other sessions end',
    answers: { 200: oneOf(ok(), wrongPassword, fieldError, generalError), ...sessionAnswers }
  },
  'POST /account/email': {
    tag: 'Account',
    summary: 'Mails a link to the new address, which is to take the place of the present one',
    answers: { 200: oneOf(ok(), wrongPassword, fieldError, generalError), ...sessionAnswers }
  },
  'POST /account/email/confirm': {
    tag: 'Account',
    summary: 'Changes the address by the token of that link',
    answers: { 200: oneOf(ok(), answered('EMAIL_VERIFICATION_INVALID_TOKEN_ERROR'), generalError), ...sessionAnswers }
  },
  'POST /account/phone': { tag: 'Account', summary: 'Sends a code to the new phone, which is to take the place of the enrolled one', answers: codeSent },
  'POST /account/phone/verify': { tag: 'Account', summary: 'Changes the phone by that code', answers: moved },
  'POST /account/phone/remove': { tag: 'Account', summary: 'Removes the phone, where another factor stays', answers: removed },
  'POST /account/email-factor': { tag: 'Account', summary: 'Sends a code to the new address of the second factor', answers: codeSent },
  'POST /account/email-factor/verify': { tag: 'Account', summary: 'Changes the address by that code', answers: moved },
  'POST /account/email-factor/remove': { tag: 'Account', summary: 'Removes it, where another factor stays', answers: removed },
  'GET /account/sessions': {
    tag: 'Account',
    summary: 'The user\'s sessions, the one that asks first',
    answers: { 200: oneOf(ok({ sessions: listOf(session), total: count }), generalError), ...sessionAnswers }
  },
  'POST /account/sessions/end': {
    tag: 'Account',
    summary: 'Ends one of them, or all others',
    answers: { 200: oneOf(ok({}, { didSessionExist: flag }), generalError), ...sessionAnswers }
  },
  'POST /account/contest': {
    tag: 'Account',
    summary: 'Undoes or stops what a message told of, by the token of its link',
    answers: { 200: oneOf(ok({ message: text }), generalError) },
    session: 'none'
  },

  'GET /account/recovery': { tag: 'Account recovery', summary: 'What is under way', answers: { 200: oneOf(recovery, generalError), ...sessionAnswers } },
  'POST /account/recovery/code': {
    tag: 'Account recovery',
    summary: 'Mails a code, where one can be used now',
    answers: { 200: oneOf(ok({ email: text }), generalError), ...sessionAnswers }
  },
  'POST /account/recovery': { tag: 'Account recovery', summary: 'Starts a recovery by that code', answers: recoveryByCode },
  'POST /account/recovery/finish': { tag: 'Account recovery', summary: 'Ends it after the waiting time, by another code: this session may enrol a factor', answers: recoveryByCode },
  'POST /account/recovery/stop': { tag: 'Account recovery', summary: 'Stops it, from a session with a second factor', answers: { 200: oneOf(recovery, generalError), ...sessionAnswers } },

  'POST /account/browsers/challenge': {
    tag: 'Known browsers',
    summary: 'A challenge for this session',
    answers: { 200: oneOf(ok({ challenge: text, session: text }), generalError), ...sessionAnswers }
  },
  'POST /account/browsers': {
    tag: 'Known browsers',
    summary: 'Makes this browser known',
    answers: { 200: oneOf(ok({ id: text, expiresAt: time }), restart, generalError), ...sessionAnswers }
  },
  'POST /account/browsers/proof': {
    tag: 'Known browsers',
    summary: 'Proves that it is known. A new session takes the place of this one',
    answers: { 200: oneOf(ok({ expiresAt: time }), restart, generalError), ...sessionAnswers }
  },
  'GET /account/browsers': {
    tag: 'Known browsers',
    summary: 'The user\'s known browsers',
    answers: { 200: oneOf(ok({ browsers: listOf(exactly({ id: text, name: text, addedAt: time, expiresAt: time })) }), generalError), ...sessionAnswers }
  },
  'POST /account/browsers/end': {
    tag: 'Known browsers',
    summary: 'Forgets one',
    answers: { 200: oneOf(ok({ didBrowserExist: flag }), generalError), ...sessionAnswers }
  }
} as const satisfies Operations

/** Beside them, a page for people. */
export const CONTEST_PAGE: Operations = {
  'GET /account/contest': {
    tag: 'Account',
    summary: 'The page of a link that undoes or stops something. Opening it changes nothing',
    query: exactly({ token: text }),
    answers: { 200: 'A page with one button', 400: 'A page that says what is wrong', 429: 'A page that says to come back later' },
    session: 'none'
  }
}
