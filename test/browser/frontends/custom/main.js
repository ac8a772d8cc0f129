// Pages of one's own on supertokens-web-js, as its docs describe them, for both systems.
import SuperTokens from 'supertokens-web-js'
import EmailPassword from 'supertokens-web-js/recipe/emailpassword'
import Passwordless from 'supertokens-web-js/recipe/passwordless'
import Session, { BooleanClaim } from 'supertokens-web-js/recipe/session'
import { appInfo, config, sessionOptions } from '../shared/config.js'
import { button, element, form, say, show } from './elements.js'

const byPhone = config.firstFactor === 'phone-password'
const claim = new BooleanClaim({ id: byPhone ? 'phone-verified' : '2fa-completed', refresh: async () => {} })

SuperTokens.init({
  appInfo,
  recipeList: [
    EmailPassword.init(),
    Passwordless.init(),
    Session.init({
      ...sessionOptions,
      override: { functions: (original) => ({ ...original, getGlobalClaimValidators: () => [claim.validators.isTrue()] }) }
    })
  ]
})

const NAME = { name: 'email', label: byPhone ? 'Phone number' : 'E-mail', type: byPhone ? 'tel' : 'email', autocomplete: 'username' }
const PASSWORD = { name: 'password', label: 'Password', type: 'password' }
const formFields = (typed) => Object.entries(typed).map(([id, value]) => ({ id, value }))

/** What the answers of the first factor say in words. */
function explain (answer) {
  if (answer.status === 'FIELD_ERROR') return answer.formFields.map(({ error }) => error).join(' ')
  if (answer.status === 'WRONG_CREDENTIALS_ERROR') return 'Wrong name or password.'
  return answer.reason ?? answer.status
}

function passwordView (title, other, call) {
  show(title,
    form('password-form', [NAME, PASSWORD], title, async (typed) => {
      const answer = await call({ formFields: formFields(typed) })
      if (answer.status === 'OK') await next()
      else say(explain(answer))
    }),
    other)
}

const signInView = () => passwordView('Sign in', button('to-sign-up', 'Sign up', signUpView), EmailPassword.signIn)
const signUpView = () => passwordView('Sign up', button('to-sign-in', 'Sign in', signInView), EmailPassword.signUp)

async function askForCode (phoneNumber) {
  const answer = await Passwordless.createCode({ phoneNumber })
  if (answer.status === 'OK') codeView()
  else say(answer.reason ?? answer.status)
}

const phoneView = () => show('Your phone',
  form('phone-form', [{ name: 'phoneNumber', label: 'Phone number', type: 'tel', autocomplete: 'tel' }], 'Send code', ({ phoneNumber }) => askForCode(phoneNumber)),
  button('sign-out', 'Sign out', leave))

const codeView = () => show('Your code',
  form('code-form', [{ name: 'userInputCode', label: 'Code', inputMode: 'numeric', autocomplete: 'one-time-code' }], 'Continue', async (typed) => {
    const answer = await Passwordless.consumeCode(typed)
    if (answer.status === 'OK') return await next()
    if (answer.status === 'INCORRECT_USER_INPUT_CODE_ERROR') return say('That is not the code.')
    if (answer.status === 'EXPIRED_USER_INPUT_CODE_ERROR') return say('The code has expired. Ask for a new one.')
    await Passwordless.clearLoginAttemptInfo()
    await next()
  }),
  button('resend', 'Send again', async () => {
    const { status } = await Passwordless.resendCode()
    say(status === 'OK' ? 'A new code is on its way.' : 'Please begin again.')
  }),
  button('sign-out', 'Sign out', leave))

async function homeView () {
  const answer = element('output', { id: 'answer' })
  show('Welcome',
    element('p', { id: 'user-id' }, await Session.getUserId()),
    button('call', 'Call the API', async () => {
      const response = await fetch(config.apiDomain + '/sessioninfo')
      answer.textContent = `${response.status} ${(await response.json()).userId ?? ''}`
      if (response.status === 401) await next()
    }),
    answer,
    button('sign-out', 'Sign out', leave))
}

async function leave () {
  await Passwordless.clearLoginAttemptInfo()
  await Session.signOut()
  signInView()
}

/** Shows what comes next for this browser's session. */
async function next () {
  if (!await Session.doesSessionExist()) return signInView()
  if ((await Session.validateClaims()).length === 0) return await homeView()
  if (await Passwordless.getLoginAttemptInfo() !== undefined) return codeView()
  const { phoneNumber } = await Session.getAccessTokenPayloadSecurely()
  if (phoneNumber === undefined) return phoneView()
  show('Your code', button('sign-out', 'Sign out', leave))
  await askForCode(phoneNumber)
}

next()
