import t from 'tap'
import { createTestSession, signUp } from '../../../src/testing/index.js'
import { payloadOf } from '../../attacks/suite/clients.js'
import { build } from '../../helper.js'

const options = { secondFactors: ['email' as const], passwordReset: false, emailFactorFlow: 'link' as const }
const CODE = '/auth/signinup/code'

t.test('a mail with a link only has nothing to type and nothing to guess', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const asked = (await alice.session.inject({ method: 'POST', url: CODE, payload: {} })).json<Record<string, string>>()
  t.equal(asked.flowType, 'MAGIC_LINK')
  const { link, code, body } = app.twoFactor.outbox.last(alice.email)!
  t.equal(code, undefined)
  t.notMatch(body.replace(link!, ''), /\d{4}/)
  const { hash, searchParams } = new URL(link!)
  const [, secret] = hash.split('.')
  t.match(secret, /^[\w-]{27}$/)
  const payload = { linkCode: hash.slice(1), preAuthSessionId: searchParams.get('preAuthSessionId') }

  const elsewhere = await createTestSession(app).inject({ method: 'POST', url: `${CODE}/consume`, payload })
  t.match(elsewhere.json(), { status: 'GENERAL_ERROR', code: 'AUTH_LINK_ELSEWHERE', message: /^This browser did not ask for the link\. Please open it in the browser where/ })
  t.notMatch(elsewhere.body, secret, 'its secret is not shown')

  t.equal((await alice.session.inject({ method: 'POST', url: `${CODE}/resend`, payload: asked })).json().status, 'OK')
  t.same((await alice.session.inject({ method: 'POST', url: `${CODE}/consume`, payload })).json(), { status: 'RESTART_FLOW_ERROR' }, 'the older one is dead')
  const newer = new URL(app.twoFactor.outbox.last(alice.email)!.link!)
  t.equal((await alice.session.inject({ method: 'POST', url: `${CODE}/consume`, payload: { ...payload, linkCode: newer.hash.slice(1) } })).json().status, 'OK')
  t.equal((await alice.session.inject('/me')).statusCode, 200)
  t.match(payloadOf(alice.session), { 'st-mfa': { c: { 'link-email': Number } } })
})
