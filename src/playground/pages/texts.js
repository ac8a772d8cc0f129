/** @typedef {{ status: string, reason?: string, formFields?: { id: string, error: string }[], failedCodeInputAttemptCount?: number, maximumCodeInputAttempts?: number }} Answer */

/** @type {Record<string, string>} */
const TEXTS = {
  WRONG_CREDENTIALS_ERROR: 'There is no account with this login and password.',
  EXPIRED_USER_INPUT_CODE_ERROR: 'This code is no longer valid. Send it again.',
  RESTART_FLOW_ERROR: 'This code cannot be used any more. Send a new one.',
  RESET_PASSWORD_INVALID_TOKEN_ERROR: 'This link is no longer valid. Ask for a new one.',
  EMAIL_VERIFICATION_INVALID_TOKEN_ERROR: 'This link is no longer valid. Ask for a new one.',
  EMAIL_ALREADY_VERIFIED_ERROR: 'This address is verified already.',
  NO_EMAIL_GIVEN_BY_PROVIDER: 'The provider did not give an e-mail address.'
}

/**
 * What to tell somebody whose request was answered with a status other than OK.
 * @param {Answer} answer
 */
export function textOfAnswer (answer) {
  if (answer.status === 'INCORRECT_USER_INPUT_CODE_ERROR') return `This code is wrong. Tries so far: ${answer.failedCodeInputAttemptCount} of ${answer.maximumCodeInputAttempts}.`
  return answer.reason ?? answer.formFields?.map(({ error }) => error).join(' ') ?? TEXTS[answer.status] ?? answer.status
}

/**
 * What to tell somebody whose request failed. supertokens-web-js throws a response that is not 2xx, and general errors.
 * @param {unknown} error
 */
export async function textOfFailure (error) {
  if (error instanceof Response) return await textOfResponse(error)
  if (error instanceof TypeError) return 'The service does not answer. Is it still running?'
  const { message = '' } = /** @type {{ message?: string }} */ (error ?? {})
  return message || 'Something went wrong. Reload the page and try again.'
}

/** @param {Response} response */
async function textOfResponse (response) {
  const { message, claimValidationErrors } = await response.clone().json().catch(() => ({}))
  return textOfClaims(claimValidationErrors) ?? message ?? `The service answered ${response.status}.`
}

/**
 * Why a session is not enough for a route.
 * @param {{ id: string, reason?: { message?: string } }[] | undefined} errors
 */
export function textOfClaims (errors) {
  return errors?.map(({ id, reason }) => `${id}: ${reason?.message ?? 'not as required'}`).join('; ')
}
