import t from 'tap'
import { signUp } from '../../src/testing/index.js'
import { UserMetadata } from '../../src/supertokens/for-hosts.js'
import { build } from '../helper.js'

const options = { appInfo: { apiDomain: 'http://localhost:4000', apiGatewayPath: '/api' }, limits: { sends: false, signIn: { perAddress: 3 } } } as const
const page = '/auth/account/contest'

async function buildWithLink (t: Parameters<typeof build>[0]) {
  const app = await build(t, options)
  app.twoFactor.contests.add({ purpose: 'test', question: 'Not found', button: 'Not found', done: 'Not found', async act () { return undefined } })
  const { userId } = await signUp(app, { apiBasePath: '/auth' })
  const { url, record } = app.twoFactor.contests.make({ purpose: 'test', userId, data: {} }, {})
  await UserMetadata.updateUserMetadata(userId, record as never)
  return { app, url, token: new URL(url).searchParams.get('token')! }
}

t.test('links of a network that sends many wrong ones are not looked up, and right ones count nothing', async (t) => {
  const { app, token } = await buildWithLink(t)
  const look = (link: string) => app.inject(`${page}?token=${link}`)
  for (let times = 6; times > 0; times--) t.equal((await look(token)).statusCode, 200)
  for (let times = 3; times > 0; times--) t.equal((await look('x')).statusCode, 404)
  for (const link of ['x', token]) {
    const refused = await look(link)
    t.equal(refused.statusCode, 429)
    t.match(refused.body, 'Too many failed attempts.')
    t.ok(Number(refused.headers['retry-after']) > 0)
  }
  t.match((await app.inject({ method: 'POST', url: page, payload: { token: 'x' } })).json(), { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED' })
  t.equal((await app.inject({ url: `${page}?token=${token}`, remoteAddress: '192.0.2.9' })).statusCode, 200, 'from elsewhere')
})

t.test('behind a proxy that removes a path, link and form have it', async (t) => {
  const { app, url, token } = await buildWithLink(t)
  t.match(url, /^http:\/\/localhost:4000\/api\/auth\/account\/contest\?token=/)
  t.match((await app.inject({ url: `${page}?token=${token}`, remoteAddress: '192.0.2.9' })).body, 'action="/api/auth/account/contest"')
})
