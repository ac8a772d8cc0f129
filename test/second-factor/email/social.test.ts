import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import * as Session from 'supertokens-node/recipe/session'
import * as ThirdParty from 'supertokens-node/recipe/thirdparty'
import t from 'tap'
import { build } from '../../helper.js'
import { isRefused } from '../../refused.js'

const options = {
  secondFactors: ['email' as const],
  oneMailboxForBothFactors: true,
  thirdPartyProviders: [{ config: { thirdPartyId: 'shop', clients: [{ clientId: 'x', clientSecret: 'y' }], authorizationEndpoint: 'https://shop.example/a', tokenEndpoint: 'https://shop.example/t', userInfoEndpoint: 'https://shop.example/u' } }]
}

/** A session of somebody who has signed in at a provider that names this address. */
async function signedIn (email: string) {
  const user = await ThirdParty.manuallyCreateOrUpdateUser('public', 'shop', randomUUID(), email, true)
  if (user.status !== 'OK') throw new Error(user.status)
  const session = await Session.createNewSessionWithoutRequestResponse('public', user.recipeUserId)
  return (app: FastifyInstance, payload: object) => app.inject({ method: 'POST', url: '/auth/signinup/code', headers: { authorization: `Bearer ${session.getAccessToken()}` }, payload })
}

t.test('after a social login, the mail goes to the address that the provider names', async (t) => {
  const app = await build(t, options)
  const email = `${randomUUID()}@Example.com`
  const ask = await signedIn(email)
  isRefused(t, await ask(app, { email: 'mallory@example.com' }), 'AUTH_EMAIL_MISMATCH')
  t.equal((await ask(app, {})).json().status, 'OK')
  t.equal(app.twoFactor.outbox.last()!.to, email.toLowerCase())
})

t.test('where it names none, the person names one', async (t) => {
  const app = await build(t, options)
  const ask = await signedIn(`${randomUUID()}.shop@stfakeemail.supertokens.com`)
  t.match((await ask(app, {})).json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: 'Email is invalid' })
  const email = `${randomUUID()}@example.com`
  t.equal((await ask(app, { email })).json().status, 'OK')
  t.equal(app.twoFactor.outbox.last()!.to, email)
})
