import Fastify from 'fastify'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Passwordless from 'supertokens-node/recipe/passwordless'
import t from 'tap'
import { fastify2fa, type LimitsOptions } from '../../src/index.js'
import { limitProblems, resolveLimits } from '../../src/limits/resolve.js'
import { passSecondFactor, signUp } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

t.test('nothing set is the defaults, and what is set stands beside them', async (t) => {
  t.match(resolveLimits(undefined), {
    redisUrl: undefined,
    countries: [],
    failures: { triesPerWait: 5, waits: [30, 60, 120, 300, 600, 900, 1800, 3600], lockAfter: 50 },
    sends: { cooldown: 15, perTenMinutes: 5, perDay: 10, perAddressInTenMinutes: 30, perAddressInADay: 200 },
    signIn: { perAccountAndAddress: 10, perAccount: 30, perAddress: 100, waits: [30, 60, 120, 300, 600, 900], refusalTime: 400 }
  })
  t.match(resolveLimits({ spend: { prices: { default: 0.05 }, perDay: 10 } }), { spend: { perDay: 10, keptPercent: 20, currency: undefined } })
  const some: LimitsOptions = { sends: { cooldown: 0 }, failures: false, countries: ['US'], redisUrl: 'redis://localhost:6379' }
  t.strictSame(limitProblems(some), [])
  t.match(resolveLimits(some), { sends: { cooldown: 0, perDay: 10 }, failures: false, countries: ['US'], redisUrl: 'redis://localhost:6379' })
  t.equal(resolveLimits(false), false)
  t.strictSame(limitProblems(false), [])
})

t.test('every mistake is named', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [7, /^limits must be an object or false$/],
    [null, /^limits must be an object or false$/],
    [{ send: {} }, /^limits.send is not an option$/],
    [{ redisUrl: 'localhost:6379' }, /^limits.redisUrl must be/],
    [{ countries: ['Germany'] }, /^limits.countries must be/],
    [{ countries: 'US' }, /^limits.countries must be/],
    [{ sends: true }, /^limits.sends must be an object or false$/],
    [{ sends: null }, /^limits.sends must be an object or false$/],
    [{ sends: { perHour: 1 } }, /^limits.sends.perHour is not an option$/],
    [{ sends: { perDay: 0 } }, /^limits.sends.perDay must be a whole number from 1 to 1000000$/],
    [{ sends: { cooldown: 1.5 } }, /^limits.sends.cooldown must be a whole number from 0 to 600$/],
    [{ failures: { lockAfter: 101 } }, /^limits.failures.lockAfter must be a whole number from 1 to 100$/],
    [{ failures: { waits: [] } }, /^limits.failures.waits must be a list/],
    [{ spend: 5 }, /^limits.spend must be an object$/],
    [{ spend: { perDay: 5 } }, /^limits.spend.prices must have a default/],
    [{ spend: { prices: { DE: 0.1 } } }, /^limits.spend.prices must have a default/],
    [{ spend: { prices: { default: 0.1, Germany: 1 } } }, /^limits.spend.prices must be numbers from 0 to 1000, by countries/],
    [{ spend: { prices: { default: -1 } } }, /^limits.spend.prices must have a default/],
    [{ spend: { prices: { default: 0.1 }, perDay: 0 } }, /^limits.spend.perDay must be a number above 0/],
    [{ spend: { prices: { default: 0.1, CU: 0.5 }, perDay: 0.6 } }, /^limits.spend.perDay must pay for at least one message to each country beside the 20 % that are kept for owners: 0.63 or more$/],
    [{ spend: { prices: { default: 0.1 }, keptPercent: 100 } }, /^limits.spend.keptPercent must be/],
    [{ spend: { prices: { default: 0.1 }, currency: 'US dollars' } }, /^limits.spend.currency must be/],
    [{ spend: { prices: { default: 0.1 }, perMonth: 3 } }, /^limits.spend.perMonth is not an option$/],
    [{ signIn: { waits: [901] } }, /^limits.signIn.waits must be a list of seconds from 1 to 900$/]
  ]
  for (const [limits, problem] of wrong) {
    const found = limitProblems(limits as LimitsOptions)
    t.equal(found.length, 1, JSON.stringify(limits))
    t.match(found[0], problem)
  }
})

t.test('without limits nothing is counted; calls of the host\'s own never are', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, limits: false })
  await app.ready()
  t.equal(app.twoFactor.limits, null)
  for (let i = 0; i < 3; i++) {
    const user = await signUp(app)
    await passSecondFactor(app, user)
  }
  for (let i = 0; i < 12; i++) t.equal((await EmailPassword.signIn('public', 'nobody@example.com', 'wrong')).status, 'WRONG_CREDENTIALS_ERROR')
  t.equal((await Passwordless.createCode({ tenantId: 'public', phoneNumber: '+12125550100' })).status, 'OK')
})
