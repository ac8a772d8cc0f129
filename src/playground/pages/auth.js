// All that a frontend does to sign people in, with supertokens-web-js. The page shows these functions as its examples.
import { EmailPassword, EmailVerification, Passwordless, Session, SuperTokens, ThirdParty } from './sdk.js'

/** @typedef {import('../facts.js').Facts} Facts */

/** @param {Facts} facts */
export function init ({ appName, api, authPath, tokenTransferMethod }) {
  SuperTokens.init({
    appInfo: { appName, apiDomain: api, apiBasePath: authPath },
    recipeList: [
      Session.init({ tokenTransferMethod }),
      EmailPassword.init(),
      EmailVerification.init(),
      ThirdParty.init(),
      Passwordless.init()
    ]
  })
}

/** @param {string} email @param {string} password */
export async function signUp (email, password) {
  return await EmailPassword.signUp({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })
}

/** @param {string} email @param {string} password */
export async function signIn (email, password) {
  return await EmailPassword.signIn({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })
}

/** @param {string} thirdPartyId @param {string} frontendRedirectURI */
export async function continueWith (thirdPartyId, frontendRedirectURI) {
  location.href = await ThirdParty.getAuthorisationURLWithQueryParamsAndSetState({ thirdPartyId, frontendRedirectURI })
}

/** On the page that the provider sends people back to. */
export async function finishSocialLogin () {
  return await ThirdParty.signInAndUp()
}

/** @param {string} phoneNumber */
export async function sendCode (phoneNumber) {
  return await Passwordless.createCode({ phoneNumber })
}

/** To the account's own address, without naming it. */
export async function mailCode () {
  return await Passwordless.createCode({ email: 'pinned' })
}

export async function resendCode () {
  return await Passwordless.resendCode()
}

/** @param {string} userInputCode */
export async function enterCode (userInputCode) {
  const answer = await Passwordless.consumeCode({ userInputCode })
  // A frontend keeps asking for this code until it is right or over.
  if (answer.status === 'OK' || answer.status === 'RESTART_FLOW_ERROR') await Passwordless.clearLoginAttemptInfo()
  return answer
}

/** On the page of a link, which has its code in its address. */
export async function followLink () {
  const answer = await Passwordless.consumeCode()
  if (answer.status === 'OK') await Passwordless.clearLoginAttemptInfo()
  return answer
}

export async function isWaitingForCode () {
  return await Passwordless.getLoginAttemptInfo() !== undefined
}

export async function startOver () {
  await Passwordless.clearLoginAttemptInfo()
}

/** The payload of the access token. Its claim says whether the second factor has passed. */
export async function readSession () {
  return await Session.doesSessionExist() ? await Session.getAccessTokenPayloadSecurely() : undefined
}

/** Any fetch: supertokens-web-js adds the session, and refreshes it when it has expired. @param {string} url */
export async function openRoute (url) {
  return await fetch(url)
}

export async function signOut () {
  await Passwordless.clearLoginAttemptInfo()
  await Session.signOut()
}

/** @param {string} email */
export async function forgotPassword (email) {
  return await EmailPassword.sendPasswordResetEmail({ formFields: [{ id: 'email', value: email }] })
}

/** On the page of the link, which has the token in its address. @param {string} password */
export async function setPassword (password) {
  return await EmailPassword.submitNewPassword({ formFields: [{ id: 'password', value: password }] })
}

export async function sendLink () {
  return await EmailVerification.sendVerificationEmail()
}

/** On the page of the link, which has the token in its address. */
export async function verifyAddress () {
  return await EmailVerification.verifyEmail()
}
