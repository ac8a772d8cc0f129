import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa, type Fastify2faOptions } from '../../../src/index.js'
import { testCore } from '../../helper.js'

const google = { config: { thirdPartyId: 'google', clients: [{ clientId: 'x', clientSecret: 'y' }] } }

async function boot (options: Fastify2faOptions): Promise<unknown> {
  const app = Fastify()
  try {
    await app.register(fastify2fa, { ...(await testCore()).options, ...options })
    return undefined
  } catch (err) {
    return err
  } finally {
    await app.close()
  }
}

t.test('mail is refused as second factor where the mailbox is as good as the first one', async (t) => {
  for (const [options, reason] of [
    [{}, 'passwords can be reset by mail. Set passwordReset: false'],
    [{ secondFactors: ['sms', 'email'] }, 'passwords can be reset by mail'],
    [{ passwordReset: true }, 'passwords can be reset by mail'],
    [{ passwordReset: false, thirdPartyProviders: [google] }, 'a social login is as good as its mailbox'],
    [{ oneMailboxForBothFactors: 'yes' }, 'oneMailboxForBothFactors must be true or false'],
    [{ emailFactorFlow: 'magic', passwordReset: false }, 'emailFactorFlow must be one of code, link, both']
  ] as Array<[Fastify2faOptions, string]>) {
    t.match(await boot({ secondFactors: ['email'], ...options }), { code: 'AUTH_OPTIONS_INVALID', message: reason }, reason)
  }
})

t.test('it runs where somebody has said so', async (t) => {
  t.equal(await boot({ secondFactors: ['email'], oneMailboxForBothFactors: true, thirdPartyProviders: [google] }), undefined)
})
