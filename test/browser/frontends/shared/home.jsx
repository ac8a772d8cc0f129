import { useState } from 'react'
import { signOut, useSessionContext } from 'supertokens-auth-react/recipe/session'
import { useNavigate } from 'react-router-dom'
import { config } from './config.js'

/** The page behind both factors. Its button calls a guarded route of the service. */
export function Home () {
  const session = useSessionContext()
  const navigate = useNavigate()
  const [answer, setAnswer] = useState('')

  async function callGuarded () {
    const response = await fetch(config.apiDomain + '/sessioninfo')
    setAnswer(`${response.status} ${(await response.json()).userId ?? ''}`)
  }

  async function leave () {
    await signOut()
    navigate('/auth')
  }

  if (session.loading) return null
  return (
    <main>
      <h1>Welcome</h1>
      <p id='user-id'>{session.userId}</p>
      <button id='call' onClick={callGuarded}>Call the API</button>
      <output id='answer'>{answer}</output>
      <button id='sign-out' onClick={leave}>Sign out</button>
    </main>
  )
}
