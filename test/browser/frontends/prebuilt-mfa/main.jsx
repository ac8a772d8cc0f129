// The screens of SuperTokens' MFA recipe, nothing of them changed: the chooser, codes by SMS and mail, authenticator apps.
import { createRoot } from 'react-dom/client'
import * as reactRouterDom from 'react-router-dom'
import SuperTokens, { SuperTokensWrapper } from 'supertokens-auth-react'
import EmailPassword from 'supertokens-auth-react/recipe/emailpassword'
import { EmailPasswordPreBuiltUI } from 'supertokens-auth-react/recipe/emailpassword/prebuiltui'
import MultiFactorAuth from 'supertokens-auth-react/recipe/multifactorauth'
import { MultiFactorAuthPreBuiltUI } from 'supertokens-auth-react/recipe/multifactorauth/prebuiltui'
import Passwordless from 'supertokens-auth-react/recipe/passwordless'
import { PasswordlessPreBuiltUI } from 'supertokens-auth-react/recipe/passwordless/prebuiltui'
import Session, { SessionAuth } from 'supertokens-auth-react/recipe/session'
import TOTP from 'supertokens-auth-react/recipe/totp'
import { TOTPPreBuiltUI } from 'supertokens-auth-react/recipe/totp/prebuiltui'
import { getSuperTokensRoutesForReactRouterDom } from 'supertokens-auth-react/ui'
import { appInfo } from '../shared/config.js'
import { Home } from '../shared/home.jsx'

const { BrowserRouter, Route, Routes } = reactRouterDom

SuperTokens.init({
  appInfo,
  recipeList: [
    EmailPassword.init(),
    Passwordless.init({ contactMethod: 'EMAIL_OR_PHONE' }),
    TOTP.init(),
    MultiFactorAuth.init({ firstFactors: ['emailpassword'] }),
    Session.init()
  ]
})

const pages = [EmailPasswordPreBuiltUI, PasswordlessPreBuiltUI, TOTPPreBuiltUI, MultiFactorAuthPreBuiltUI]

/** Where somebody who is in adds another factor. */
function AddFactor () {
  return <button id='add-factor' onClick={() => MultiFactorAuth.redirectToFactorChooser({ stepUp: true, redirectBack: true })}>Add a factor</button>
}

function App () {
  return (
    <SuperTokensWrapper>
      <Routes>
        {getSuperTokensRoutesForReactRouterDom(reactRouterDom, pages)}
        <Route path='/' element={<SessionAuth key='/'><Home /><AddFactor /></SessionAuth>} />
      </Routes>
    </SuperTokensWrapper>
  )
}

createRoot(document.getElementById('root')).render(<BrowserRouter><App /></BrowserRouter>)
