import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

const signAsync = promisify(sign)
const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** Creates a key pair, tokens in the Core's format signed with it, and a minimal Core that serves its public key. */
export async function startTokens () {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = 'd-1'
  const header = encode({ kid, typ: 'JWT', version: '5', alg: 'RS256' })
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }] })

  async function mint (user, secondFactor = true) {
    const now = Math.floor(Date.now() / 1000)
    const id = String(user).padStart(12, '0')
    const signed = `${header}.${encode({
      iat: now,
      exp: now + 3600,
      sub: `11111111-1111-4111-8111-${id}`,
      rsub: `11111111-1111-4111-8111-${id}`,
      tId: 'public',
      sessionHandle: `22222222-2222-4222-8222-${id}`,
      refreshTokenHash1: 'a'.repeat(64),
      parentRefreshTokenHash1: null,
      antiCsrfToken: null,
      iss: 'http://localhost:3000/auth',
      'st-role': { v: ['user'], t: Date.now() },
      '2fa-completed': { v: secondFactor, t: Date.now() },
      phoneNumber: '+12125550101'
    })}`
    return `${signed}.${(await signAsync('RSA-SHA256', Buffer.from(signed), privateKey)).toString('base64url')}`
  }

  const core = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(request.url.startsWith('/apiversion') ? '{"versions":["5.4"]}' : jwks)
  })
  await new Promise((resolve) => { core.listen(0, '127.0.0.1', resolve) })

  return {
    connectionURI: `http://127.0.0.1:${core.address().port}`,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    async many (count, secondFactor) {
      const tokens = []
      for (let i = 0; i < count; i += 500) {
        tokens.push(...await Promise.all(Array.from({ length: Math.min(500, count - i) }, (_, j) => mint(i + j, secondFactor))))
      }
      return tokens
    },
    /** The token with another one's payload: everything is right but the signature. */
    forge: (token, other) => [token.split('.')[0], other.split('.')[1], token.split('.')[2]].join('.'),
    close () {
      core.closeAllConnections()
      core.close()
    }
  }
}
