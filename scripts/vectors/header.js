import { createHmac, constants, sign } from 'node:crypto'
import { absent, admit, assemble, bearer, encode, HEADER, invalid, KEYS, refused, session, token, vector } from './tokens.js'

const payload = session('alice')
const withHeader = (fields) => token(payload, { ...HEADER, ...fields })
const [goodHeader, goodPayload, goodSignature] = token().split('.')
const rsa = KEYS['d-1']
const stranger = KEYS.stranger
const publicJwk = ({ publicKey }) => publicKey.export({ format: 'jwk' })

const nothing = () => Buffer.alloc(0)
const hmac = (secret) => (signed) => createHmac('sha256', secret).update(signed).digest()
const byStranger = (signed) => sign('RSA-SHA256', Buffer.from(signed), stranger.privateKey)
const pss = (signed) => sign('sha256', Buffer.from(signed), { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 0 })
const ed25519 = (signed) => sign(null, Buffer.from(signed), KEYS['stranger-ed25519'].privateKey)

const alg = (name, signer) => bearer(assemble({ ...HEADER, alg: name }, payload, signer))
const onlyRs256 = invalid('only RS256 is accepted, whatever the token says')
const wrongSignature = invalid('the signature is not by the key that kid names')
const noToken = absent('it does not look like an access token')

export const about = 'The header of the token, its key and its signature.'

export const cases = [
  vector('alg none, without a signature', alg('none', nothing), onlyRs256),
  vector('alg None, without a signature', alg('None', nothing), onlyRs256),
  vector('alg none, with the signature of a good token', bearer(`${encode({ ...HEADER, alg: 'none' })}.${goodPayload}.${goodSignature}`), onlyRs256),
  vector('no alg', bearer(token(payload, { ...HEADER, alg: undefined })), onlyRs256),
  vector('HS256 with the public key as the secret (PEM)', alg('HS256', hmac(rsa.publicKey.export({ type: 'spki', format: 'pem' }))), onlyRs256),
  vector('HS256 with the public key as the secret (DER)', alg('HS256', hmac(rsa.publicKey.export({ type: 'spki', format: 'der' }))), onlyRs256),
  vector('HS256 with an empty secret', alg('HS256', hmac('')), onlyRs256),
  vector('RS512 by the right key', alg('RS512', (signed) => sign('RSA-SHA512', Buffer.from(signed), rsa.privateKey)), onlyRs256),
  vector('PS256 by the right key', alg('PS256', pss), onlyRs256),
  vector('ES256 with a signature of zeros', alg('ES256', () => Buffer.alloc(64)), onlyRs256),
  vector('EdDSA by a key in the header', bearer(assemble({ ...HEADER, alg: 'EdDSA', jwk: publicJwk(KEYS['stranger-ed25519']) }, payload, ed25519)), onlyRs256),
  vector('rs256 in lower case', alg('rs256', (signed) => sign('RSA-SHA256', Buffer.from(signed), rsa.privateKey)), onlyRs256),
  vector('alg twice, none last', bearer(token(payload, JSON.stringify(HEADER).replace('{', '{"alg":"RS256",').replace(/"alg":"RS256"}$/, '"alg":"none"}'))), onlyRs256),

  vector('the next key', bearer(token(payload, { ...HEADER, kid: 'd-2' }, 'd-2')), admit()),
  vector('a key that is not published', bearer(token(payload, { ...HEADER, kid: 'd-9' }, 'stranger')), invalid('no key of this id is published')),
  vector('the right key under an id that is not published', bearer(token(payload, { ...HEADER, kid: 'd-9' })), invalid('no key of this id is published')),
  vector('the key of another id', bearer(token(payload, { ...HEADER, kid: 'd-2' })), wrongSignature),
  vector('the key for other JWTs', bearer(token(payload, { ...HEADER, kid: 's-1' }, 's-1')), invalid('keys for sessions begin with d-; hosts may sign anything with the others')),
  vector('a foreign key under the right id', bearer(assemble(HEADER, payload, byStranger)), wrongSignature),
  vector('a foreign key, in the header too (jwk)', bearer(assemble({ ...HEADER, jwk: publicJwk(stranger) }, payload, byStranger)), wrongSignature),
  vector('a foreign key, at an address in the header (jku, x5u)', bearer(assemble({ ...HEADER, jku: 'https://evil.example/jwks.json', x5u: 'https://evil.example/cert.pem' }, payload, byStranger)), wrongSignature),
  vector('an address in the header, and the right key', bearer(withHeader({ jku: 'https://evil.example/jwks.json' })), admit('alice', 'other fields of the header are ignored')),
  vector('a path as kid', bearer(withHeader({ kid: '../../../../dev/null' })), invalid('no key of this id is published')),
  vector('an empty secret under a path as kid', bearer(assemble({ ...HEADER, alg: 'HS256', kid: 'd-/../../../dev/null' }, payload, hmac(''))), invalid('no key of this id is published')),
  vector('an address as kid', bearer(assemble({ ...HEADER, kid: 'https://evil.example/d-1' }, payload, byStranger)), invalid('no key of this id is published')),
  vector('SQL as kid', bearer(withHeader({ kid: "d-1' OR '1'='1" })), invalid('no key of this id is published')),
  vector('the name of a property as kid', bearer(withHeader({ kid: '__proto__' })), invalid('no key of this id is published')),
  vector('an empty kid', bearer(withHeader({ kid: '' })), invalid('no key of this id is published')),
  vector('a number as kid', bearer(withHeader({ kid: 1 })), invalid('kid is a text')),
  vector('no kid', bearer(withHeader({ kid: undefined })), noToken),

  vector('another type', bearer(withHeader({ typ: 'at+jwt' })), noToken),
  vector('the type in lower case', bearer(withHeader({ typ: 'jwt' })), noToken),
  vector('no type', bearer(withHeader({ typ: undefined })), noToken),
  vector('version 2', bearer(withHeader({ version: '2' })), noToken),
  vector('the version as a number', bearer(withHeader({ version: 5 })), noToken),
  vector('a version that is no number', bearer(withHeader({ version: 'five' })), noToken),
  vector('crit with a field of RFC 7519', bearer(withHeader({ crit: ['exp'], exp: 1 })), invalid('crit names what nobody here understands (RFC 7515, 4.1.11)')),
  vector('crit with a field that is not there', bearer(withHeader({ crit: ['exp'] })), invalid('crit names what nobody here understands')),
  vector('an empty crit', bearer(withHeader({ crit: [] })), invalid('crit must not be empty')),
  vector('a payload that is not encoded (b64)', bearer(withHeader({ crit: ['b64'], b64: false })), invalid('the payload of a JWT is encoded (RFC 7797, 7)')),
  vector('names in the header are case-sensitive', bearer(withHeader({ ALG: 'none', Kid: 'd-2' })), admit()),
  vector('white space in the header', bearer(token(payload, '{ "kid": "d-1",\n\t"typ": "JWT", "version": "5", "alg": "RS256" }\n')), admit()),

  vector('no signature', bearer(`${goodHeader}.${goodPayload}.`), wrongSignature),
  vector('a cut signature', bearer(token().slice(0, -2)), wrongSignature),
  vector('a signature with one bit flipped', bearer(assemble(HEADER, payload, () => { const bytes = Buffer.from(goodSignature, 'base64url'); bytes[100] ^= 1; return bytes })), wrongSignature),
  vector('a signature of zeros', bearer(assemble(HEADER, payload, () => Buffer.alloc(256))), wrongSignature),
  vector('the payload of another token', bearer(`${goodHeader}.${token(session('bob')).split('.')[1]}.${goodSignature}`), wrongSignature),
  vector('the end of a good signature behind zeros', bearer(`${goodHeader}.${goodPayload}.${'A'.repeat(goodSignature.length - 43)}${goodSignature.slice(-43)}`), wrongSignature),
  vector('a payload that was tampered with', bearer(`${goodHeader}.${encode({ ...payload, sub: 'root' })}.${goodSignature}`), wrongSignature),
  vector('padding behind the payload', bearer(`${goodHeader}.${goodPayload}=.${goodSignature}`), refused('base64url has no padding, and other bytes were signed')),
  vector('a space in the payload', bearer(`${goodHeader}.${goodPayload.slice(0, 20)} ${goodPayload.slice(20)}.${goodSignature}`), refused('base64url has no spaces, and other bytes were signed')),
  vector('four parts', bearer(`${token()}.x`), noToken),
  vector('five parts, as of an encrypted token', bearer(`${goodHeader}.a.b.c.d`), noToken),
  vector('two parts', bearer(`${goodHeader}.${goodPayload}`), noToken),
  vector('three parts of nothing', bearer('..'), noToken),
  vector('three parts that are no JSON', bearer('a.b.c'), noToken)
]
