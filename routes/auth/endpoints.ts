import type { RefusedAs } from '../../src/second-factor/factor.js'
import type { RecipeId } from '../../src/supertokens/recipe-registry.js'
import { anyBody, appleCallbackBody, formBody, passwordResetBody, signInUpBody, verifyEmailBody, type JsonSchema } from './schemas.js'
import type { SessionUse } from './stray-cookies.js'

/** An endpoint of the Frontend Driver Interface, below `apiBasePath`. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  /** Served only if this recipe runs. */
  recipe: RecipeId
  /** Also served as `/<tenantId><path>`. */
  perTenant: boolean
  body?: JsonSchema
  /** Also accepts a form, which any website can send. */
  form?: boolean
  /** What it does with the session of a request. @default 'none' */
  session?: SessionUse
  /** @default 'GENERAL_ERROR' */
  refusedAs?: RefusedAs
}

const post = (recipe: RecipeId, path: string, body: JsonSchema, perTenant = true): Endpoint => ({ method: 'POST', path, recipe, perTenant, body })
const get = (recipe: RecipeId, path: string, perTenant = true): Endpoint => ({ method: 'GET', path, recipe, perTenant })

/**
 * The allow-list of all endpoints except those of second factors, which define their own (`Factor.endpoints`). The SDK
 * would serve more unasked: an OAuth2 provider, OpenID discovery, sign-in by e-mail code. What stock
 * pages ask of features that are off is in `features-off.ts`. Any other path gets the app's 404.
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
  // Apple redirects the user's browser here with a form.
  { ...post('thirdparty', '/callback/apple', appleCallbackBody, false), form: true, refusedAs: 'HTTP' },

  { ...post('emailverification', '/user/email/verify/token', anyBody), session: 'needed' },
  { ...post('emailverification', '/user/email/verify', verifyEmailBody), session: 'needed' },
  { ...get('emailverification', '/user/email/verify'), session: 'needed' },

  { ...post('session', '/session/refresh', anyBody, false), session: 'refreshed', refusedAs: 'HTTP' },
  { ...post('session', '/signout', anyBody), session: 'needed' },
  { ...get('session', '/jwt/jwks.json', false), refusedAs: 'HTTP' },

  get('multitenancy', '/loginmethods')
]
