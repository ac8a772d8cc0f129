import type { FactorEndpoint } from '../factor.js'
import { PINNED, type Contact } from './types.js'
import { object, text } from '../schemas.js'

/**
 * The Frontend Driver Interface's own endpoints for codes, served by the Passwordless recipe. Bodies are checked before the
 * SDK reads them: it hands wrong types on to the Core, whose refusal would become a 500. A missing field is left to the
 * SDK, whose 400 stock frontends know.
 */
export const codeEndpoints = (contact: Contact): FactorEndpoint[] => [
  {
    method: 'POST',
    path: '/signinup/code',
    perTenant: true,
    refusedAs: 'SIGN_IN_UP_NOT_ALLOWED',
    body: object({ phoneNumber: text(256), email: text(256) }),
    // Without an address the code goes to the pinned one. The SDK insists on a field.
    prepare (body) {
      if (body.phoneNumber === undefined && body.email === undefined) body[contact] = PINNED
    }
  },
  { method: 'POST', path: '/signinup/code/resend', perTenant: true, body: object({ deviceId: text(256), preAuthSessionId: text(256) }) },
  {
    method: 'POST',
    path: '/signinup/code/consume',
    perTenant: true,
    body: object({
      deviceId: text(256),
      preAuthSessionId: text(256),
      // People paste the whole message. What is no code is refused with a sentence that the page shows.
      userInputCode: text(1024),
      linkCode: text(256)
    })
  }
]

/** What stock forms ask while people type a number. */
export const numberEndpoints: readonly FactorEndpoint[] = [
  { method: 'GET', path: '/passwordless/phonenumber/exists', perTenant: true },
  { method: 'GET', path: '/signup/phonenumber/exists', perTenant: true }
]
