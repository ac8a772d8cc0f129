// E-mail and password or a social login, then a code: what SuperTokens' demo with-legacy-2fa is made of.
import { createRoot } from 'react-dom/client'
import * as reactRouterDom from 'react-router-dom'
import SuperTokens, { redirectToAuth, SuperTokensWrapper } from 'supertokens-auth-react'
import EmailPassword from 'supertokens-auth-react/recipe/emailpassword'
import { EmailPasswordPreBuiltUI } from 'supertokens-auth-react/recipe/emailpassword/prebuiltui'
import EmailVerification from 'supertokens-auth-react/recipe/emailverification'
import { EmailVerificationPreBuiltUI } from 'supertokens-auth-react/recipe/emailverification/prebuiltui'
import MultiFactorAuth from 'supertokens-auth-react/recipe/multifactorauth'
import Passwordless, { PasswordlessComponentsOverrideProvider } from 'supertokens-auth-react/recipe/passwordless'
import { PasswordlessPreBuiltUI } from 'supertokens-auth-react/recipe/passwordless/prebuiltui'
import Session, { SessionAuth, useSessionContext } from 'supertokens-auth-react/recipe/session'
import ThirdParty from 'supertokens-auth-react/recipe/thirdparty'
import { ThirdPartyPreBuiltUI } from 'supertokens-auth-react/recipe/thirdparty/prebuiltui'
import { getSuperTokensRoutesForReactRouterDom } from 'supertokens-auth-react/ui'
import { CodePage } from '../shared/code-page.jsx'
import { appInfo, config } from '../shared/config.js'
import { Home } from '../shared/home.jsx'
import { initSession, secondFactorClaim } from '../shared/session.js'

const { BrowserRouter, Route, Routes } = reactRouterDom
const claim = secondFactorClaim('2fa-completed', '/second-factor')
const verifies = config.emailVerification !== undefined

SuperTokens.init({
  appInfo,
  recipeList: [
    ...(verifies ? [EmailVerification.init({ mode: config.emailVerification })] : []),
    EmailPassword.init(),
    ThirdParty.init({ signInAndUpFeature: { providers: [ThirdParty.Github.init(), ThirdParty.Google.init(), ThirdParty.Apple.init()] } }),
    Passwordless.init({ contactMethod: 'PHONE' }),
    MultiFactorAuth.init({ firstFactors: ['emailpassword', 'thirdparty'] }),
    initSession(claim, 'first')
  ]
})

const pages = [ThirdPartyPreBuiltUI, EmailPasswordPreBuiltUI, ...(verifies ? [EmailVerificationPreBuiltUI] : []), PasswordlessPreBuiltUI]

/** "Change phone number", for those only who have no number yet. */
function CodeFooter ({ DefaultComponent, ...props }) {
  const session = useSessionContext()
  return session.loading !== true && session.accessTokenPayload.phoneNumber === undefined ? <DefaultComponent {...props} /> : null
}

async function startOver () {
  await Passwordless.clearLoginAttemptInfo()
  await Session.signOut()
  await redirectToAuth({ redirectBack: false })
}

function App () {
  return (
    <SuperTokensWrapper>
      <PasswordlessComponentsOverrideProvider components={{ PasswordlessUserInputCodeFormFooter_Override: CodeFooter }}>
        <Routes>
          {getSuperTokensRoutesForReactRouterDom(reactRouterDom, pages)}
          <Route path='/' element={<SessionAuth key='/'><Home /></SessionAuth>} />
          <Route
            path='/second-factor' element={
              <SessionAuth key='/second-factor'>
                <CodePage claim={claim} landing='/' below={<button id='start-over' onClick={startOver}>Log in with another account</button>} />
              </SessionAuth>
            }
          />
        </Routes>
      </PasswordlessComponentsOverrideProvider>
    </SuperTokensWrapper>
  )
}

createRoot(document.getElementById('root')).render(<BrowserRouter><App /></BrowserRouter>)
