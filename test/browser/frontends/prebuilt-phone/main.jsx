// Phone number and password, then a code to that number: what SuperTokens' demo with-phone-password is made of.
import { useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import * as reactRouterDom from 'react-router-dom'
import SuperTokens, { redirectToAuth, SuperTokensWrapper } from 'supertokens-auth-react'
import EmailPassword from 'supertokens-auth-react/recipe/emailpassword'
import { EmailPasswordPreBuiltUI } from 'supertokens-auth-react/recipe/emailpassword/prebuiltui'
import MultiFactorAuth from 'supertokens-auth-react/recipe/multifactorauth'
import Passwordless, { PasswordlessComponentsOverrideProvider } from 'supertokens-auth-react/recipe/passwordless'
import { PasswordlessPreBuiltUI } from 'supertokens-auth-react/recipe/passwordless/prebuiltui'
import Session, { SessionAuth } from 'supertokens-auth-react/recipe/session'
import { getSuperTokensRoutesForReactRouterDom } from 'supertokens-auth-react/ui'
import { CodePage } from '../shared/code-page.jsx'
import { appInfo } from '../shared/config.js'
import { Home } from '../shared/home.jsx'
import { initSession, secondFactorClaim } from '../shared/session.js'

const { BrowserRouter, Route, Routes, useLocation } = reactRouterDom
const claim = secondFactorClaim('phone-verified', '/auth/verify-phone')

// The number is the form field "email"; the service checks it.
const phoneField = { id: 'email', label: 'Phone number', placeholder: 'Phone number', validate: async () => undefined }

SuperTokens.init({
  appInfo,
  languageTranslations: {
    translations: {
      en: {
        EMAIL_PASSWORD_EMAIL_LABEL: 'Phone number',
        EMAIL_PASSWORD_RESET_HEADER_SUBTITLE: 'We will text you a link to reset your password',
        EMAIL_PASSWORD_RESET_SEND_BTN: 'Send SMS',
        EMAIL_PASSWORD_RESET_SEND_SUCCESS: 'Please look for the link in your messages. ',
        EMAIL_PASSWORD_SIGN_IN_WRONG_CREDENTIALS_ERROR: 'Wrong phone number or password'
      }
    }
  },
  recipeList: [
    MultiFactorAuth.init({ firstFactors: ['emailpassword'] }),
    Passwordless.init({ contactMethod: 'PHONE' }),
    EmailPassword.init({ signInAndUpFeature: { signUpForm: { formFields: [phoneField] } } }),
    initSession(claim, 'last')
  ]
})

/** A code goes to the account's own number; another number is another account. */
function CodeFooter ({ recipeImplementation }) {
  async function startOver () {
    await Session.signOut()
    await recipeImplementation.clearLoginAttemptInfo({ userContext: {} })
    await redirectToAuth({ redirectBack: false })
  }
  return <button id='start-over' onClick={startOver}>Change phone number</button>
}

function SessionExpired () {
  useEffect(() => {
    window.alert('Your session has expired. Please sign in again.')
    redirectToAuth()
  }, [])
  return null
}

function App () {
  const [expired, setExpired] = useState(false)
  return (
    <SuperTokensWrapper key={useLocation().pathname}>
      <PasswordlessComponentsOverrideProvider components={{ PasswordlessUserInputCodeFormFooter_Override: CodeFooter }}>
        <Routes>
          <Route path='/auth/verify-phone' element={<SessionAuth><CodePage landing='/' /></SessionAuth>} />
          {getSuperTokensRoutesForReactRouterDom(reactRouterDom, [PasswordlessPreBuiltUI, EmailPasswordPreBuiltUI])}
          <Route
            path='/' element={
              <SessionAuth onSessionExpired={() => setExpired(true)}>
                <Home />
                {expired && <SessionExpired />}
              </SessionAuth>
            }
          />
        </Routes>
      </PasswordlessComponentsOverrideProvider>
    </SuperTokensWrapper>
  )
}

createRoot(document.getElementById('root')).render(<BrowserRouter><App /></BrowserRouter>)
