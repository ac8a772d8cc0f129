import t from 'tap'
import { resolveOptions } from '../../src/options/resolve.js'
import { build } from '../helper.js'

t.test('there are no receipts unless they are switched on', async (t) => {
  const app = await build(t)
  t.equal(app.twoFactor.smsReceipts, undefined)
  for (const method of ['GET', 'POST'] as const) t.equal((await app.inject({ method, url: '/auth/sms/receipts/twilio/AAAA' })).statusCode, 404)
  t.notOk(app.printRoutes().includes('receipts'))
})

t.test('they need the limits, where replicas count together', async (t) => {
  for (const limits of [false, { sends: false }] as const) t.throws(() => resolveOptions({ smsReceipts: true, limits }), { code: 'AUTH_OPTIONS_INVALID', message: /smsReceipts needs limits\.sends/ })
  t.throws(() => resolveOptions({ smsReceipts: 'yes' as never }), { message: /smsReceipts must be true or false/ })
})
