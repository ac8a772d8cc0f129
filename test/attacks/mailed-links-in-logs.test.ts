import t from 'tap'
import { buildPages } from '../hosted-pages/visit.js'

const lines: string[] = []
// The host's own logger, which writes whole addresses.
const app = await buildPages(t, { emailVerification: 'required', secondFactors: ['sms', 'email'], emailFactorFlow: 'link', oneMailboxForBothFactors: true }, { logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } } as never)

t.test('a program that looks at the links of a mail writes no token into the host\'s log', async (t) => {
  for (const address of ['/auth/reset-password?token=SECRET', '/auth/verify-email?token=SECRET', '/auth/verify?preAuthSessionId=SECRET', '/auth/account/contest?token=SECRET']) {
    for (const method of ['GET', 'HEAD'] as const) {
      lines.length = 0
      const response = await app.inject({ method, url: address })
      t.ok(response.statusCode < 500 && lines.length > 0, `${method} ${address}`)
      t.notOk(lines.some((line) => line.includes('SECRET')), `${method} ${address}`)
      if (method === 'HEAD') t.equal(response.body, '', address)
      t.match(response.headers, { 'cache-control': 'no-store', 'content-security-policy': /frame-ancestors 'none'/ }, `${method} ${address}`)
    }
  }
})
