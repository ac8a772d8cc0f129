import t from 'tap'
import { createTestSession } from '../../src/testing/index.js'
import { startScriptedProvider } from '../flows/social-login/scripted.js'
import { build, testCore } from '../helper.js'
import { interceptCore } from '../intercept-core.js'

t.test('a provider that names the Core as its endpoint does not reach it', async (t) => {
  // A Core without a key. The attacker has even guessed its name.
  const { connectionURI } = await testCore()
  const provider = await startScriptedProvider(t)
  const endpoints = { issuer: provider.issuer, authorization_endpoint: `${provider.issuer}/authorise`, jwks_uri: `${provider.issuer}/jwks` }
  const client = { clientType: 'web', clientId: 'a-client', clientSecret: 'a-secret' }
  const app = await build(t, {
    thirdPartyProviders: ['token', 'user'].map((thirdPartyId) => ({ config: { thirdPartyId, clients: [client], oidcDiscoveryEndpoint: `${provider.issuer}/${thirdPartyId}/.well-known/openid-configuration` } })),
    limits: false
  })
  const reached: string[] = []
  t.teardown(await interceptCore(async (url, init, proceed) => {
    reached.push(new URL(url).pathname)
    return await proceed(url, init)
  }))

  const signIn = async (thirdPartyId: string) => await createTestSession(app).inject({
    method: 'POST',
    url: '/auth/signinup',
    payload: { thirdPartyId, redirectURIInfo: { redirectURIOnProviderDashboard: 'http://localhost:3001/auth/callback/x', redirectURIQueryParams: { code: 'a-code' } } }
  })

  provider.answers({ discovery: { body: { ...endpoints, token_endpoint: `${connectionURI}/recipe/session/remove`, userinfo_endpoint: `${provider.issuer}/userinfo` } } })
  t.not((await signIn('token')).json().status, 'OK')
  provider.answers({ discovery: { body: { ...endpoints, token_endpoint: `${provider.issuer}/token`, userinfo_endpoint: `${connectionURI}/users` } } })
  t.not((await signIn('user')).json().status, 'OK')

  t.ok(provider.requests.includes('token'), 'the second one came as far as asking who the user is')
  t.notOk(reached.some((path) => /^\/users$|session\/remove/.test(path)), `the Core was asked for ${reached.join(', ')}`)
})
