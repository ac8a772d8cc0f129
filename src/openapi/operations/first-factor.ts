import type { Operations } from '../operation.js'
import { answered, exactly, fieldError, flag, generalError, listOf, notAllowed, ok, oneOf, sessionAnswers, text, withNewUser, withUser, wrongPassword } from '../schemas.js'

const exists = { query: exactly({}, { email: text, phoneNumber: text }), answers: { 200: oneOf(ok({ exists: flag }), generalError) }, session: 'none' } as const

const formFields = (...ids: string[]) => ({
  type: 'object',
  properties: { formFields: { type: 'array', items: exactly({ id: { type: 'string', examples: ids }, value: text }) } },
  required: ['formFields']
})

/** The Frontend Driver Interface up to the first factor. */
export const FIRST_FACTOR: Operations = {
  'POST /signup': {
    tag: 'First factor',
    summary: 'Signs up with an e-mail address, or a number, and a password',
    body: formFields('email', 'password'),
    answers: { 200: oneOf(...withUser, fieldError, notAllowed('SIGN_UP_NOT_ALLOWED'), generalError) },
    session: 'none'
  },
  'POST /signin': {
    tag: 'First factor',
    summary: 'Signs in. The session that begins lacks the second factor',
    body: formFields('email', 'password'),
    answers: { 200: oneOf(...withUser, wrongPassword, fieldError, notAllowed('SIGN_IN_NOT_ALLOWED'), generalError) },
    session: 'none'
  },
  'POST /user/password/reset/token': {
    tag: 'First factor',
    summary: 'Sends a link that resets the password, if there is such an account',
    body: formFields('email'),
    answers: { 200: oneOf(ok(), fieldError, notAllowed('PASSWORD_RESET_NOT_ALLOWED'), generalError) },
    session: 'none'
  },
  'POST /user/password/reset': {
    tag: 'First factor',
    summary: 'Sets a new password by the token of such a link, and ends all sessions',
    answers: { 200: oneOf(ok(), fieldError, answered('RESET_PASSWORD_INVALID_TOKEN_ERROR'), generalError) },
    session: 'none'
  },
  'GET /emailpassword/email/exists': { tag: 'First factor', summary: 'Whether an address has an account. Says no to everyone unless existenceChecks is on', ...exists },
  'GET /signup/email/exists': { tag: 'First factor', summary: 'The same, at the path of older frontends', ...exists },
  'GET /authorisationurl': {
    tag: 'First factor',
    summary: 'Where to send a person who signs in with another account',
    query: exactly({ thirdPartyId: text, redirectURIOnProviderDashboard: text }, { clientType: text }),
    answers: { 200: oneOf(ok({ urlWithQueryParams: text }, { pkceCodeVerifier: text }), generalError), 400: exactly({ message: text }, { code: text }) },
    session: 'none'
  },
  'POST /signinup': {
    tag: 'First factor',
    summary: 'Signs in or up with what the provider of the other account has answered',
    answers: { 200: oneOf(...withNewUser(), answered('NO_EMAIL_GIVEN_BY_PROVIDER'), notAllowed('SIGN_IN_UP_NOT_ALLOWED'), generalError) },
    session: 'none'
  },
  'POST /callback/apple': {
    tag: 'First factor',
    summary: 'Apple\'s answer, on its way to the website',
    answers: { 303: 'A redirect to the website' },
    session: 'none'
  },
  'POST /user/email/verify/token': {
    tag: 'First factor',
    summary: 'Sends a link that verifies the address of the session\'s user',
    answers: { 200: oneOf(ok(), answered('EMAIL_ALREADY_VERIFIED_ERROR'), generalError), ...sessionAnswers }
  },
  'POST /user/email/verify': {
    tag: 'First factor',
    summary: 'Verifies an address by the token of such a link',
    answers: { 200: oneOf(ok(), answered('EMAIL_VERIFICATION_INVALID_TOKEN_ERROR'), generalError), ...sessionAnswers }
  },
  'GET /user/email/verify': {
    tag: 'First factor',
    summary: 'Whether the address of the session\'s user is verified',
    answers: { 200: oneOf(ok({ isVerified: flag }), generalError), ...sessionAnswers }
  },
  'GET /loginmethods': {
    tag: 'First factor',
    summary: 'Which first factors there are',
    query: exactly({}, { clientType: text }),
    answers: {
      200: oneOf(ok({
        emailPassword: exactly({ enabled: flag }),
        thirdParty: exactly({ enabled: flag, providers: listOf(exactly({ id: text }, { name: text })) }),
        passwordless: exactly({ enabled: flag }),
        webauthn: exactly({ enabled: flag }),
        firstFactors: listOf(text)
      }), generalError)
    },
    session: 'none'
  }
}
