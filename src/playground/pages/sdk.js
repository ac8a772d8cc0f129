// supertokens-web-js as it comes in npm, for pages that are not bundled. A bundled frontend imports it instead:
// import EmailPassword from 'supertokens-web-js/recipe/emailpassword'
const { supertokens, supertokensSession, supertokensEmailPassword, supertokensEmailVerification, supertokensPasswordless, supertokensThirdParty } =
  /** @type {any} */ (window)

/** @type {typeof import('supertokens-web-js')} */
export const SuperTokens = supertokens
/** @type {typeof import('supertokens-web-js/recipe/session')} */
export const Session = supertokensSession
/** @type {typeof import('supertokens-web-js/recipe/emailpassword')} */
export const EmailPassword = supertokensEmailPassword
/** @type {typeof import('supertokens-web-js/recipe/emailverification')} */
export const EmailVerification = supertokensEmailVerification
/** @type {typeof import('supertokens-web-js/recipe/passwordless')} */
export const Passwordless = supertokensPasswordless
/** @type {typeof import('supertokens-web-js/recipe/thirdparty')} */
export const ThirdParty = supertokensThirdParty
