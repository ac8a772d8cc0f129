import supertokens from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Session from 'supertokens-node/recipe/session'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { signUp, type SignedInUser } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { createAuthenticator, type SoftAuthenticator } from '../second-factor/passkey/authenticator.js'
import { askToSignIn, list, post, register, stranger } from '../second-factor/passkey/client.js'
import { callsOf, interleave } from './suite/hold-call.js'

async function withPasskey (app: FastifyInstance) {
  const alice = await signUp(app)
  const authenticator = createAuthenticator()
  const { status } = await register(alice, authenticator)
  if (status !== 'OK') throw new Error(`registering answered ${status}`)
  return { alice, authenticator }
}

t.test('Mallory signs in while the account changes, at every step: no session is left', async (t) => {
  const app = await build(t, { secondFactors: ['passkey'], passkeySignIn: true, recoveryCodes: false })
  const begin = async (authenticator: SoftAuthenticator) => {
    const browser = stranger(app)
    const credential = authenticator.get((await askToSignIn(browser)).options)
    return { browser, work: () => post(browser, 'signin', { credential }) }
  }
  const trial = await withPasskey(app)
  const { work } = await begin(trial.authenticator)
  const steps = await callsOf(work)
  const born = steps.findIndex((call) => call === 'POST /public/recipe/session')
  t.ok(born > 0, steps.join())

  const changes: Record<string, (user: SignedInUser, id: string) => Promise<unknown>> = {
    'the passkey is removed': (user, id) => post(user, 'remove', { id }),
    'the password is changed': ({ userId }) => EmailPassword.updateEmailOrPassword({ recipeUserId: supertokens.convertToRecipeUserId(userId), password: 'correct horse 2' }),
    'all sessions are ended': ({ userId }) => Session.revokeAllSessionsForUser(userId)
  }
  for (const [what, change] of Object.entries(changes)) {
    for (const [index, step] of steps.entries()) {
      const { alice, authenticator } = await withPasskey(app)
      if (what === 'the passkey is removed') await register(alice, createAuthenticator())
      const id = (await list(alice))[0]!.id
      const { browser, work } = await begin(authenticator)
      const answer = await interleave(work, index, () => change(alice, id))
      const name = `${what}: ${step}`
      // A passkey goes on when a password is changed; what must not stay is a session from before.
      const proven = what === 'the passkey is removed' ? 0 : steps.indexOf('GET /recipe/user/metadata')
      if (index < proven) {
        t.match(answer, { status: /^(OK|GENERAL_ERROR)$/ }, name)
        continue
      }
      if (index < steps.length - 1) t.match(answer.status, /^(GENERAL_ERROR|INVALID_CREDENTIALS_ERROR)$/, name)
      t.equal((await browser.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, name)
    }
  }
})
