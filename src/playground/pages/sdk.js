// supertokens-web-js as it comes in npm, for pages that are not bundled. A bundled frontend imports it instead:
// import EmailPassword from 'supertokens-web-js/recipe/emailpassword'
const { supertokens, supertokensSession, supertokensEmailPassword, supertokensEmailVerification, supertokensPasswordless, supertokensThirdParty } =
  /** @type {any} */ (window)

/** @type {typeof import('supertokens-web-js').default} */
export const SuperTokens = supertokens.default
/** @type {typeof import('supertokens-web-js/recipe/session').default} */
export const Session = supertokensSession.default
/** @type {typeof import('supertokens-web-js/recipe/emailpassword').default} */
export const EmailPassword = supertokensEmailPassword.default
/** @type {typeof import('supertokens-web-js/recipe/emailverification').default} */
export const EmailVerification = supertokensEmailVerification.default
/** @type {typeof import('supertokens-web-js/recipe/passwordless').default} */
export const Passwordless = supertokensPasswordless.default
/** @type {typeof import('supertokens-web-js/recipe/thirdparty').default} */
export const ThirdParty = supertokensThirdParty.default
