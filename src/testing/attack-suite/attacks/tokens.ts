import { createHmac, createPublicKey, createSign, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { credentialsOf, type TestSession } from '../../test-session.js'
import { judge, newsFor, type Attack } from '../attack.js'
import { enter } from '../enter.js'
import { accessTokenOf, payloadIn, refreshTokenOf, type Stage } from '../stage.js'
import { eachSession } from './sessions.js'

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

let ownKeys: { privateKey: KeyObject, publicKey: KeyObject } | undefined

/** Keys of the attacker's, made once. */
const keysOfMallory = () => (ownKeys ??= generateKeyPairSync('rsa', { modulusLength: 2048 }))

/** Tokens that say that the second factor has passed, by what is wrong with them. */
async function forge ({ app, base, claim }: Stage, session: TestSession): Promise<Record<string, string>> {
  const [head = '', , signature = ''] = accessTokenOf(session).split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as object
  const now = Date.now()
  const payload = encode({ ...payloadIn(accessTokenOf(session)), [claim]: { v: true, t: now }, 'st-mfa': { c: {}, v: true }, exp: Math.floor(now / 1000) + 3600 })
  const { privateKey, publicKey } = keysOfMallory()
  const { keys } = (await app.inject(`${base}/jwt/jwks.json`)).json<{ keys: JsonWebKey[] }>()
  const pem = createPublicKey({ key: keys[0]!, format: 'jwk' }).export({ format: 'pem', type: 'spki' })
  const signed = (head: string): string => `${head}.${payload}.${createSign('RSA-SHA256').update(`${head}.${payload}`).sign(privateKey, 'base64url')}`
  const hs256 = encode({ ...header, alg: 'HS256' })
  return {
    'a token with another payload': `${head}.${payload}.${signature}`,
    'a token without a signature': `${head}.${payload}.`,
    'a token with alg none': `${encode({ ...header, alg: 'none' })}.${payload}.`,
    'a token with alg nOnE': `${encode({ ...header, alg: 'nOnE' })}.${payload}.${signature}`,
    'a token signed with another key': signed(head),
    'a token with its own key in the header': signed(encode({ ...header, jwk: publicKey.export({ format: 'jwk' }) })),
    'a token of an unknown key': signed(encode({ ...header, kid: 'd-1' })),
    'a token without a key\'s name': signed(encode({ alg: 'RS256', version: '5' })),
    'a token of an old version': signed(encode({ ...header, version: '2' })),
    'a token signed with the public key as a secret': `${hs256}.${payload}.${createHmac('sha256', pem).update(`${hs256}.${payload}`).digest('base64url')}`,
    'a refresh token': refreshTokenOf(session)
  }
}

export const bearer = (token: string) => ({ rid: 'session', authorization: `Bearer ${token}` })
export const cookie = (token: string) => ({ rid: 'session', cookie: `sAccessToken=${encodeURIComponent(token)}` })

/** Two cookies of one name, as a sibling domain plants them beside a victim's; names are the same once they are decoded. */
const twoCookies = (his: string, hers: string): string[] =>
  [`sAccessToken=${his}; sAccessToken=${hers}`, `sAccess%54oken=${his}; sAccessToken=${hers}`, `sAccessToken=${his}; x=1; sAccess%54oken=${hers}`]

export const tokenAttacks: Attack[] = [
  {
    id: 'forged-token',
    threat: 'Somebody makes a token, or changes what their own says.',
    async run (stage, found) {
      await eachSession(stage, async (transferMethod) => {
        const { session } = await stage.newUser(transferMethod)
        // From now on the guards know the real token and its header.
        for (const target of stage.targets.filter(({ endsSessions }) => endsSessions !== true)) await stage.probe(target, credentialsOf(session, target.path))
        const send = transferMethod === 'cookie' ? cookie : bearer
        for (const [what, token] of Object.entries(await forge(stage, session))) {
          for (const target of newsFor(stage.targets, 'stranger')) judge(found, target, await stage.probe(target, send(token)), what)
        }
      })
    }
  },
  {
    id: 'token-elsewhere',
    threat: 'A token comes in by a place that other websites and logs can reach, such as the query.',
    async run (stage, found) {
      const { session } = await stage.privilegedUser(stage.sessions[0]!, stage.ways[0]!)
      const token = accessTokenOf(session)
      const places: Record<string, { headers?: Record<string, string>, query?: Record<string, string> }> = {
        'a token in the query': { query: { sAccessToken: token, access_token: token, token } },
        'a bare token in authorization': { headers: { authorization: token } },
        'a token as Basic': { headers: { authorization: `Basic ${token}` } },
        'a token in a header of answers': { headers: { 'st-access-token': token, 'x-access-token': token } },
        'a token in another cookie': { headers: { cookie: `saccesstoken=${token}; __Host-sAccessToken=${token}; token=${token}` } }
      }
      for (const [what, { headers = {}, query = {} }] of Object.entries(places)) {
        for (const target of newsFor(stage.targets, 'stranger')) {
          const given = { ...target.given, query: { ...target.given.query, ...query } }
          judge(found, target, await stage.probe({ ...target, given }, headers), what)
        }
      }
    }
  },
  {
    id: 'two-sessions',
    threat: 'A request carries two sessions, one of them the attacker\'s: planted by a sibling domain, or beside a header.',
    async run (stage, found) {
      const half = accessTokenOf((await stage.newUser(stage.sessions[0]!)).session)
      const targets = newsFor(stage.targets, 'stranger')
      // By now the guards know all of them.
      const [mallory, alice] = [await enter(stage, found, stage.sessions[0]!, targets), await enter(stage, found, stage.sessions[0]!, targets)]
      for (const { target, session } of mallory) {
        const his = accessTokenOf(session)
        const hers = alice.find((one) => one.target === target)
        if (stage.sessions.includes('cookie') && hers !== undefined) {
          for (const cookies of twoCookies(his, accessTokenOf(hers.session))) judge(found, target, await stage.probe(target, { rid: 'session', cookie: cookies }), 'a request with two session cookies')
        }
        if (target.access === 'second-factor' && target.openTo === undefined && stage.sessions.length === 2) {
          judge(found, target, await stage.probe(target, { ...cookie(his), ...bearer(half) }), 'an unfinished session in the header, with another one\'s cookie,')
        }
      }
    }
  }
]
