import t from 'tap'
import { isInstalled, orInstall } from '../src/optional-package.js'

const failure = (code: string, message: string) => Object.assign(new Error(message), { code })
const fail = orInstall('ioredis', 'limits.redisUrl')

t.test('a missing package is named, with the option that needs it', async (t) => {
  const said = { code: 'AUTH_PACKAGE_MISSING', message: 'limits.redisUrl needs a package that is not installed. Install it: npm install ioredis' }
  t.throws(() => fail(failure('ERR_MODULE_NOT_FOUND', "Cannot find package 'ioredis' imported from /app/x.js")), said)
  t.throws(() => fail(failure('MODULE_NOT_FOUND', "Cannot find module 'ioredis'\nRequire stack:\n- /app/x.js")), said)
  t.throws(() => fail(failure('MODULE_NOT_FOUND', "fastify-2fa tried to access ioredis (a peer dependency) but it isn't provided")), said)
})

t.test('a package that lacks one of its own, or does not load, keeps its own error', async (t) => {
  const broken = [
    failure('ERR_MODULE_NOT_FOUND', "Cannot find package 'denque' imported from /app/node_modules/ioredis/built/index.js"),
    failure('MODULE_NOT_FOUND', "Cannot find module 'redis-parser'\nRequire stack:\n- /app/node_modules/ioredis/built/index.js"),
    failure('ERR_DLOPEN_FAILED', "'ioredis' is for another platform"),
    new SyntaxError("'ioredis'")
  ]
  for (const error of broken) t.throws(() => fail(error), error)
})

t.test('whether a package is installed', async (t) => {
  t.ok(isInstalled('fastify'))
  t.notOk(isInstalled('fastify-2fa-is-not-this'))
})
