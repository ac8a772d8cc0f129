import { parseCookie } from 'cookie'
import { decodeJwt } from 'jose'
import { textOf } from '../members.js'

/**
 * The anti-CSRF token of the session (`antiCsrf: 'VIA_TOKEN'`). Frontends keep it from an answer, which pages without
 * scripts cannot. It is in the access token, too. Forms were checked by their origin instead.
 *
 * The token is not verified here: the endpoint that gets both does that.
 */
export function antiCsrfTokenIn (cookie: string): string | undefined {
  const token = parseCookie(cookie).sAccessToken
  if (token === undefined) return undefined
  try {
    return textOf(decodeJwt(token), 'antiCsrfToken')
  } catch {
    return undefined
  }
}
