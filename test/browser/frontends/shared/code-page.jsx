import { useEffect, useState } from 'react'
import { useNavigate } from 'react-router-dom'
import Passwordless from 'supertokens-auth-react/recipe/passwordless'
import { PasswordlessPreBuiltUI } from 'supertokens-auth-react/recipe/passwordless/prebuiltui'
import { useSessionContext } from 'supertokens-auth-react/recipe/session'
import { AuthPage, AuthPageTheme } from 'supertokens-auth-react/ui'

/**
 * Asks for the code by itself where the session knows the number, as both demos do: what is not `OK` goes to the page's
 * own error line, and what throws (GENERAL_ERROR, other HTTP statuses) is caught by nobody.
 */
function useCode ({ session, skip, landing, theme }) {
  const [ready, setReady] = useState(false)

  async function ask (isCurrent) {
    const { phoneNumber } = session.accessTokenPayload
    if (phoneNumber !== undefined && await Passwordless.getLoginAttemptInfo() === undefined) {
      if (!isCurrent()) return
      const additionalAttemptInfo = { lastResend: Date.now(), contactMethod: 'PHONE', contactInfo: phoneNumber, redirectToPath: landing }
      const result = await Passwordless.createCode({ phoneNumber, userContext: { additionalAttemptInfo } })
      if (result.status === 'OK') theme.rebuildAuthPage()
      else theme.onError(result.reason ?? result.status)
    }
    if (isCurrent()) setReady(true)
  }

  useEffect(() => {
    let current = true
    if (session.loading !== true && !skip()) ask(() => current)
    return () => { current = false }
  }, [session.loading])

  return ready
}

function CodeTheme ({ claim, landing, below, ...theme }) {
  const session = useSessionContext()
  const navigate = useNavigate()
  const skip = () => {
    if (claim === undefined || session.invalidClaims.some(({ id }) => id === claim.id)) return false
    navigate(landing)
    return true
  }
  const ready = useCode({ session, skip, landing, theme })
  return ready ? <><AuthPageTheme {...theme} />{below}</> : null
}

/**
 * The page of the second factor: the passwordless recipe's pages with a theme around them. With a `claim`, a session that
 * fulfils it goes on to `landing`.
 */
export function CodePage ({ claim, landing, below }) {
  const navigate = useNavigate()
  return (
    <AuthPage preBuiltUIList={[PasswordlessPreBuiltUI]} factors={['otp-phone']} redirectOnSessionExists={false} navigate={navigate}>
      <CodeTheme claim={claim} landing={landing} below={below} />
    </AuthPage>
  )
}
