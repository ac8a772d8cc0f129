import type { Operations } from '../operation.js'
import { answered, count, exactly, flag, generalError, listOf, mapOf, notAllowed, ok, oneOf, recoveryCodes, restart, sessionAnswers, text, withNewUser } from '../schemas.js'

const tries = { failedCodeInputAttemptCount: count, maximumCodeInputAttempts: count }
const exists = { query: exactly({}, { phoneNumber: text, email: text }), answers: { 200: oneOf(ok({ exists: flag }), generalError) }, session: 'none' } as const

/** The Frontend Driver Interface's codes, and the choice among factors. */
export const SECOND_FACTOR: Operations = {
  'POST /signinup/code': {
    tag: 'Second factor',
    summary: 'Sends a code to the enrolled phone or address, or to the one that the person enrols',
    description: 'Without a number or an address, the code goes to the enrolled one.',
    answers: { 200: oneOf(ok({ deviceId: text, preAuthSessionId: text, flowType: text }, { sendsLeft: count }), notAllowed('SIGN_IN_UP_NOT_ALLOWED'), generalError), ...sessionAnswers }
  },
  'POST /signinup/code/resend': {
    tag: 'Second factor',
    summary: 'Sends another code. The one before it works no more',
    answers: { 200: oneOf(ok({}, { sendsLeft: count }), restart, generalError), ...sessionAnswers }
  },
  'POST /signinup/code/consume': {
    tag: 'Second factor',
    summary: 'Uses a code. A new session takes the place of the one that asked; its second factor has passed',
    answers: {
      200: oneOf(
        ...withNewUser({ recoveryCodes }),
        answered('INCORRECT_USER_INPUT_CODE_ERROR', tries),
        answered('EXPIRED_USER_INPUT_CODE_ERROR', tries),
        restart,
        generalError
      ),
      ...sessionAnswers
    }
  },
  'GET /passwordless/phonenumber/exists': { tag: 'Second factor', summary: 'Whether a number has an account. Says no to everyone unless existenceChecks is on', ...exists },
  'GET /passwordless/email/exists': { tag: 'Second factor', summary: 'Says no to everyone', ...exists },
  'GET /signup/phonenumber/exists': { tag: 'Second factor', summary: 'The same, at the path of older frontends', ...exists },
  'PUT /mfa/info': {
    tag: 'Second factor',
    summary: 'What the session can pass, has enrolled and may enrol',
    answers: {
      200: oneOf(ok({
        factors: exactly({ next: listOf(text), alreadySetup: listOf(text), allowedToSetup: listOf(text) }),
        emails: mapOf(listOf(text)),
        phoneNumbers: mapOf(listOf(text))
      }), generalError),
      ...sessionAnswers
    }
  }
}
