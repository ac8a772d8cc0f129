import Fastify from 'fastify'
import supertokens from 'supertokens-node'
import * as Session from 'supertokens-node/recipe/session'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { testCore } from '../helper.js'

t.test('a host that has started supertokens-node itself is told', async (t) => {
  const { options, connectionURI } = await testCore()
  supertokens.init({
    framework: 'fastify',
    supertokens: { connectionURI },
    appInfo: { appName: 'host', apiDomain: 'http://localhost:3000', websiteDomain: 'http://localhost:3001' },
    recipeList: [Session.init()]
  })
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await t.rejects(async () => { await app.register(fastify2fa, options).ready() }, { code: 'AUTH_SDK_ALREADY_INITIALISED', message: /the host calls supertokens.init itself/ })
})
