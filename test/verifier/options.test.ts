import t from 'tap'
import { createVerifier, VerifierOptionsInvalid, type VerifierOptions } from '../../src/verifier/index.js'

const GOOD: VerifierOptions = { serviceUrl: 'https://auth.example.com', antiCsrf: 'NONE' }

/** What is wrong with options of any shape, as JavaScript has them. */
function problemsWith (options: object): string {
  try {
    createVerifier({ ...GOOD, ...options })
    return ''
  } catch (err) {
    t.ok(err instanceof VerifierOptionsInvalid && err.code === 'AUTH_OPTIONS_INVALID')
    return (err as Error).message.replace('Invalid options for fastify-2fa/verifier: ', '')
  }
}

t.test('every problem is named at once', async (t) => {
  t.equal(
    problemsWith({ serviceUrl: undefined, antiCsrf: 'VIA_HEADER', maxage: '5m', claim: '2fa', rolesMaxAge: 'soon', factors: [], websiteDomains: ['https://a.example/path'] }),
    'antiCsrf: it must be NONE, SAME_SITE, VIA_CUSTOM_HEADER, VIA_TOKEN.; maxage is not an option. Did you mean "maxAge"?; claim: it must be 2fa-completed, phone-verified.; ' +
    'rolesMaxAge: "soon" is not a duration; use a number of seconds, or a number with a unit such as 5m; factors: it must be a list of names; ' +
    'websiteDomains: it must be a list of origins such as https://www.example.com, without a path; serviceUrl or jwksUrl is missing'
  )
})

t.test('what would ask for less than was meant is refused', async (t) => {
  t.match(problemsWith({ maxAge: undefined }), 'maxAge: "undefined" is not a duration')
  t.match(problemsWith({ antiCsrf: undefined }), /^antiCsrf is missing/)
  t.equal(problemsWith({ antiCsrf: undefined, tokenTransferMethod: 'header' }), '', 'no page can send a token in a header')
  t.match(problemsWith({ acceptKnownBrowser: true, factors: ['passkey'] }), /a known browser is none of the factors/)
  t.match(problemsWith({ revocations: {} }), 'it must have a function isRevoked')
  t.match(problemsWith({ revocations: { isRevoked: true } }), 'it must be a function')
  t.match(problemsWith({ emailVerified: 'yes' }), 'it must be true or false')
  t.match(problemsWith({ issuer: '' }), 'it must be a text')
  t.match(problemsWith({ apiBasePath: 'auth' }), 'it must be a path such as /auth')

  const verifier = createVerifier({ ...GOOD, factors: ['sms'] })
  t.throws(() => verifier.requiring({ maxage: '5m' } as never), { code: 'AUTH_OPTIONS_INVALID', message: /Did you mean "maxAge"/ })
  t.throws(() => verifier.requiring({ roles: 'admin' as never }), { message: /roles: it must be a list of names/ })
  t.throws(() => verifier.requiring({ acceptKnownBrowser: true }), { message: /a known browser is none of the factors/ }, 'also together with the verifier\'s own')
})

t.test('attack: keys from another machine over plain HTTP, which anybody on the way can replace', async (t) => {
  t.match(problemsWith({ serviceUrl: 'http://auth.internal' }), /^http:\/\/auth.internal is plain HTTP/)
  t.match(problemsWith({ jwksUrl: 'http://auth.internal:3000/keys' }), /^http:\/\/auth.internal:3000 is plain HTTP/)
  t.match(problemsWith({ serviceUrl: 'http://localhost.evil.example' }), /plain HTTP/)
  for (const serviceUrl of ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'https://auth.internal']) t.equal(problemsWith({ serviceUrl }), '', serviceUrl)
  t.equal(problemsWith({ serviceUrl: 'http://auth.internal', allowPlainHttp: true }), '')
  for (const serviceUrl of ['auth.example.com', 'file:///etc/keys', 'https://user:password@auth.example.com', 5]) t.match(problemsWith({ serviceUrl }), /^serviceUrl: it must/, String(serviceUrl))
})

t.test('keys are where the service has them', async (t) => {
  async function urlWith (options: VerifierOptions): Promise<string> {
    let asked = ''
    const verifier = createVerifier({ tokenTransferMethod: 'header', ...options, fetch: async (url) => { asked = url; throw new Error('down') } })
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const token = `${part({ typ: 'JWT', version: '5', kid: 'd-1', alg: 'RS256' })}.${part({ sub: 'a', rsub: 'a', tId: 'public', iat: 1, exp: 1e10, sessionHandle: 's', refreshTokenHash1: 'r' })}.c2ln`
    await verifier.verifyRequest({ headers: { authorization: `Bearer ${token}` } })
    return asked
  }
  t.equal(await urlWith({ serviceUrl: 'https://auth.example.com' }), 'https://auth.example.com/auth/jwt/jwks.json')
  t.equal(await urlWith({ serviceUrl: 'https://auth.example.com/', apiBasePath: '/' }), 'https://auth.example.com/jwt/jwks.json')
  t.equal(await urlWith({ serviceUrl: 'https://example.com', apiBasePath: '/api/auth' }), 'https://example.com/api/auth/jwt/jwks.json')
  t.equal(await urlWith({ jwksUrl: 'https://cdn.example.com/keys.json' }), 'https://cdn.example.com/keys.json')
})
