import type { RecipeId } from '../../src/supertokens/recipe-registry.js'
import {
  anyBody, appleCallbackBody, consumeCodeBody, createCodeBody, formBody, passwordResetBody, resendCodeBody, signInUpBody, verifyEmailBody, type JsonSchema
} from './schemas.js'

/** One path of the Frontend Driver Interface, below `apiBasePath`. */
export interface Endpoint {
  method: 'GET' | 'POST'
  path: string
  /** Served when this recipe runs. */
  recipe: RecipeId
  /** Also served as `/<tenantId><path>`. */
  perTenant: boolean
  body?: JsonSchema
  /** Takes a form too, which any website can send. */
  form?: boolean
}

const post = (recipe: RecipeId, path: string, body: JsonSchema, perTenant = true): Endpoint => ({ method: 'POST', path, recipe, perTenant, body })
const get = (recipe: RecipeId, path: string, perTenant = true): Endpoint => ({ method: 'GET', path, recipe, perTenant })

export const CREATE_CODE = '/signinup/code'

/**
 * The allow-list. The SDK has more, started without asking: an OAuth2 provider, an OpenID discovery, sign-in by e-mail code. A path
 * that is not here is a 404 of the app's.
 */
export const ENDPOINTS: Endpoint[] = [
  post('emailpassword', '/signup', formBody),
  post('emailpassword', '/signin', formBody),
  post('emailpassword', '/user/password/reset/token', formBody),
  post('emailpassword', '/user/password/reset', passwordResetBody),
  get('emailpassword', '/emailpassword/email/exists'),
  get('emailpassword', '/signup/email/exists'),

  get('thirdparty', '/authorisationurl'),
  post('thirdparty', '/signinup', signInUpBody),
  // Apple sends the person's browser here with a form.
  { ...post('thirdparty', '/callback/apple', appleCallbackBody, false), form: true },

  post('emailverification', '/user/email/verify/token', anyBody),
  post('emailverification', '/user/email/verify', verifyEmailBody),
  get('emailverification', '/user/email/verify'),

  post('passwordless', CREATE_CODE, createCodeBody),
  post('passwordless', '/signinup/code/resend', resendCodeBody),
  post('passwordless', '/signinup/code/consume', consumeCodeBody),
  get('passwordless', '/passwordless/phonenumber/exists'),
  get('passwordless', '/signup/phonenumber/exists'),

  post('session', '/session/refresh', anyBody, false),
  post('session', '/signout', anyBody),
  get('session', '/jwt/jwks.json', false)
]
