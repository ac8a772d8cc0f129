import urlPath from 'supertokens-node/lib/build/normalisedURLPath'
import t from 'tap'
import { normalisePathsFaster } from '../../src/supertokens/sdk-internals.js'

const PATHS = [
  '', '/', '//', '/auth', 'auth', '/auth/', '/auth//', ' /auth ', '/auth ', '/AUTH/Sign In', '/a/../b', '/a/./b', '/a\\b', '/a?b=c#d', '/a%2fb', '/%zz', '/ä', '/a.b', 'a.b', 'a.b/c', '/http://a.b/c', '//a.b/c',
  'http://a.b/c/', 'HTTPS://a.b/c', '/localhost/a', 'localhost/a', 'localhost:3000/a', '/a\n/b', '/a:b@c', '/<tenantId>/signin', '/\uFEFF', '/[', '/@', '/:80'
]

function normalised (): string[] {
  const { default: UrlPath } = urlPath
  return PATHS.flatMap((path) => {
    try {
      const normal = new UrlPath(path)
      return [normal, new UrlPath('/auth').appendPath(normal), normal.appendPath(normal)].map((one) => one.getAsStringDangerous())
    } catch (err) {
      return [(err as Error).message]
    }
  })
}

t.test('paths are normalised as the SDK does it, without an exception for each', async (t) => {
  const expected = normalised()
  normalisePathsFaster()
  t.same(normalised(), expected)

  let errors = 0
  const Original = globalThis.Error
  globalThis.Error = class extends Original {
    constructor (message?: string) {
      super(message)
      errors++
    }
  } as ErrorConstructor
  try {
    const { default: UrlPath } = urlPath
    new UrlPath('/auth').appendPath(new UrlPath('/signin'))
  } finally {
    globalThis.Error = Original
  }
  t.equal(errors, 0)
})
