import * as EmailVerification from 'supertokens-node/recipe/emailverification'
import { convertToRecipeUserId } from 'supertokens-node'
import t from 'tap'
import { signUp } from '../../../src/testing/index.js'
import { build } from '../../helper.js'
import { createAuthenticator } from './authenticator.js'
import { isIn, register, signInAlone, stranger } from './client.js'

t.test('an address that has to be verified is asked for all the same; it works where nothing is limited', async (t) => {
  const lines: string[] = []
  const app = await build(t, { secondFactors: ['passkey'], passkeySignIn: true, emailVerification: 'required', limits: false }, { logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  t.match(lines.join(''), /passkeys sign in alone, and the key.*known to everybody.*FACTOR_KEY/, 'development warns of its key')
  const alice = await signUp(app)
  const authenticator = createAuthenticator()
  t.equal((await register(alice, authenticator)).statusCode, 403, 'nobody enrols before')
  const recipeUserId = convertToRecipeUserId(alice.userId)
  const token = await EmailVerification.createEmailVerificationToken('public', recipeUserId)
  if (token.status !== 'OK') throw new Error(token.status)
  t.equal((await alice.session.inject({ method: 'POST', url: '/auth/user/email/verify', payload: { method: 'token', token: token.token } })).json().status, 'OK')
  t.equal((await register(alice, authenticator)).status, 'OK')

  const browser = stranger(app)
  t.equal((await signInAlone(browser, authenticator)).status, 'OK')
  t.ok(await isIn(browser))

  await EmailVerification.unverifyEmail(recipeUserId)
  const unverified = stranger(app)
  t.equal((await signInAlone(unverified, authenticator)).status, 'OK')
  const me = await unverified.session.inject('/me')
  t.equal(me.statusCode, 403)
  t.match(me.json(), { claimValidationErrors: [{ id: 'st-ev' }] })
  t.equal((await signInAlone(stranger(app), authenticator, { flags: 1 })).status, 'INVALID_CREDENTIALS_ERROR')
})
