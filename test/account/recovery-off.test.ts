import t from 'tap'
import { startAccountRecovery } from '../../src/index.js'
import { signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { post, RECOVERY } from './recovery.js'

t.test('by default accounts are not recovered, and pages are told whom to ask', async (t) => {
  const app = await buildApp(t, { supportContact: 'help@example.com' })
  const alice = await signInWithSecondFactor(app)
  const lost = await signIn(app, alice)
  for (const path of ['', '/code', '/finish', '/stop']) {
    t.match(await post(lost.session, RECOVERY + path, { code: '12345678' }), { status: 'GENERAL_ERROR', code: 'AUTH_FEATURE_OFF', message: /help@example\.com/ })
  }
  t.match((await lost.session.inject(RECOVERY)).json(), { code: 'AUTH_FEATURE_OFF' })
  await t.rejects(startAccountRecovery(app, alice.userId, { by: 'otto', reason: 'lost' }), { code: 'AUTH_OPERATION_REFUSED', message: /accountRecovery/ })
  // Nor does what somebody writes into the metadata open anything.
  const session = JSON.parse(Buffer.from(String(lost.session.cookies.get('sAccessToken')).split('.')[1]!, 'base64url').toString()) as { sessionHandle: string }
  await app.twoFactor.operations.core.update(alice.userId, {
    'fastify-2fa:recovery': { id: 'x', startedAt: 0, readyAt: 1, lapsesAt: Date.now() + 1e9, grant: { session: session.sessionHandle, until: Date.now() + 1e6 } }
  })
  t.match(await post(lost.session, '/auth/signinup/code', { phoneNumber: '+12125550199' }), { code: 'AUTH_PHONE_MISMATCH' })
})
