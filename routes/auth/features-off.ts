import { FeatureOff } from '../../src/errors.js'
import type { Endpoint } from './endpoints.js'

/** An endpoint of the Frontend Driver Interface whose feature is off. */
export interface OffEndpoint {
  method: 'GET' | 'POST'
  path: string
  perTenant: boolean
  answer: object
}

/** Stock pages show the message. With a 404 they show "Something went wrong", or turn white. */
function off (message: string): object {
  const { code } = new FeatureOff()
  return { status: 'GENERAL_ERROR', message, code }
}

/**
 * What stock pages may ask of features that can be off. Nothing here depends on who asks, and nothing says of an address
 * that it is verified.
 */
function endpoints (contact: string | undefined): OffEndpoint[] {
  const reset = off(contact === undefined ? 'Passwords cannot be reset here. Please contact support.' : `Passwords cannot be reset here. Please contact ${contact}.`)
  const verification = off(contact === undefined ? 'Addresses are not verified here, so no mail is sent. Please contact support.' : `Addresses are not verified here, so no mail is sent. Please contact ${contact}.`)
  const recovery = off(contact === undefined ? 'Accounts cannot be recovered here. Please contact support.' : `Accounts cannot be recovered here. Please contact ${contact}.`)
  const social = off('Signing in with another account is not possible here. Please sign in with your password.')
  const codes = off('Codes are not sent here. Please choose another second factor.')
  const other = off('This second factor is not available here. Please choose another one.')
  const unknown = { status: 'OK', exists: false }

  return [
    { method: 'POST', path: '/user/password/reset/token', perTenant: true, answer: reset },
    { method: 'POST', path: '/user/password/reset', perTenant: true, answer: reset },
    // Any other answer to this one makes the stock page white: it then asks for the mail, and shows why there is none.
    { method: 'GET', path: '/user/email/verify', perTenant: true, answer: { status: 'OK', isVerified: false } },
    { method: 'POST', path: '/user/email/verify', perTenant: true, answer: verification },
    { method: 'POST', path: '/user/email/verify/token', perTenant: true, answer: verification },
    { method: 'GET', path: '/authorisationurl', perTenant: true, answer: social },
    { method: 'POST', path: '/signinup', perTenant: true, answer: social },
    { method: 'POST', path: '/signinup/code', perTenant: true, answer: codes },
    { method: 'POST', path: '/signinup/code/resend', perTenant: true, answer: codes },
    { method: 'POST', path: '/signinup/code/consume', perTenant: true, answer: codes },
    { method: 'GET', path: '/passwordless/phonenumber/exists', perTenant: true, answer: unknown },
    { method: 'GET', path: '/signup/phonenumber/exists', perTenant: true, answer: unknown },
    { method: 'GET', path: '/passwordless/email/exists', perTenant: true, answer: unknown },
    // No stock page asks for these: a page of one's own need not know whether it is on.
    { method: 'GET', path: '/account/recovery', perTenant: false, answer: recovery },
    ...['', '/code', '/finish', '/stop'].map((path): OffEndpoint => ({ method: 'POST', path: `/account/recovery${path}`, perTenant: false, answer: recovery })),
    { method: 'POST', path: '/totp/device', perTenant: false, answer: other },
    { method: 'POST', path: '/totp/device/verify', perTenant: false, answer: other },
    { method: 'POST', path: '/totp/verify', perTenant: false, answer: other }
  ]
}

/** The endpoints that neither a recipe nor a factor serves. */
export function endpointsOff (served: readonly Pick<Endpoint, 'method' | 'path'>[], supportContact: string | undefined): OffEndpoint[] {
  const taken = new Set(served.map(({ method, path }) => `${method} ${path}`))
  return endpoints(supportContact).filter(({ method, path }) => !taken.has(`${method} ${path}`))
}
