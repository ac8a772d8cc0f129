import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { currentTotp, signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { codeFor, ORIGIN, visit } from './visit.js'

/** What the host's own limit refuses at the moment: it counts the calls of the pages, too. */
let refused = ''

const app = Fastify({ logger: false })
app.addHook('onRequest', async ({ url }) => {
  if (refused !== '' && url.startsWith(refused)) throw Object.assign(new Error('Rate limit exceeded, retry in 1 minute'), { statusCode: 429 })
})
await app.register(fastify2fa, { ...(await testCore()).options, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] }, hostedPages: true, secondFactors: ['sms', 'totp'], factorKeys: ['f'.repeat(32)] })
await app.ready()
t.teardown(() => app.close())

t.test('a limit of the host\'s in the middle: the page says so, and leads round in no circles', async (t) => {
  const { email, password, phoneNumber } = await signInWithSecondFactor(app)
  const person = visit(app)
  await person.open('/auth')
  await person.press('Sign in', { email, password })
  refused = '/auth/mfa/info'
  for (const page of ['/auth', '/auth/second-factor', '/auth/second-factor/sms']) {
    await person.open(page)
    t.match(person.shown, { status: 429, title: 'This did not work', text: /Rate limit exceeded/ }, page)
  }
  refused = ''
  await person.open('/auth/second-factor/sms')
  await person.press('Continue', { code: codeFor(app, phoneNumber) })
  await person.open('/auth/security/apps/add')
  await person.press('Continue', { name: 'Phone' })
  const secret = new URL(person.shown.document.querySelector('input[name=uri]')!.getAttribute('value')!).searchParams.get('secret')!
  await person.press('Continue', { code: await currentTotp(secret) })
  for (const call of ['/auth/mfa/info', '/auth/totp/device/list']) {
    refused = call
    for (const page of ['/auth', '/auth/security', '/auth/security/apps/rename?id=Phone']) {
      await person.open(page)
      t.match(person.shown, { status: 429, title: 'This did not work', text: /Rate limit exceeded/ }, `${call} ${page}`)
    }
  }
})
