import t from 'tap'
import { SecondFactorClaim } from '../../src/second-factor/claims.js'
import { SdkSession } from '../../src/supertokens/sdk-internals.js'
import { rememberToken } from '../../src/session/verified-token.js'

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const PAYLOAD = { sub: 'user', exp: 100.7, antiCsrfToken: 'anti', parentRefreshTokenHash1: null, '2fa-completed': { v: true, t: 5 }, deep: { list: [{ a: 1 }] } }

interface Fields { payload?: object, header?: object, refreshToken?: object, updated?: boolean, accessToken?: string }

function session ({ payload = PAYLOAD, header = { kid: 'd-1' }, refreshToken, updated = false, accessToken }: Fields = {}) {
  const token = `${encode(header)}.${encode(payload)}.signature`
  const recipeUserId = { getAsString: () => 'user' }
  const made = new SdkSession({} as never, accessToken ?? token, 'front', refreshToken as never, 'csrf', 'handle', 'user', recipeUserId as never, structuredClone(payload), undefined, updated, 'public')
  return { token, made }
}

t.test('what the SDK has verified is remembered with its end and its claim', async (t) => {
  const { token, made } = session()
  const verified = rememberToken(token, made, SecondFactorClaim)
  t.match(verified, { token, expiresAt: 100_000, antiCsrfToken: 'anti', secondFactor: true, secondFactorAt: 5 })
  const [one, other] = [verified!.cloneSession('one'), verified!.cloneSession('other')]
  t.not(one, other)
  t.equal(one.getAllSessionTokensDangerously().antiCsrfToken, 'one')
  t.equal(other.getAllSessionTokensDangerously().antiCsrfToken, 'other')
  t.throws(() => { one.getAccessTokenPayload().deep.list[0].a = 2 }, TypeError, 'the shared payload is frozen to the bottom')
  made.attachToRequestResponse({ transferMethod: 'header' } as never)
  t.equal(Reflect.get(verified!.cloneSession(undefined), 'reqResInfo'), undefined, 'the request that was first is not in it')
})

t.test('a claim that is not plainly true is none', async (t) => {
  for (const claim of [undefined, null, { v: false, t: 1 }, { v: 'true', t: 1 }, { v: 1 }]) {
    const { token, made } = session({ payload: { ...PAYLOAD, '2fa-completed': claim } })
    t.equal(rememberToken(token, made, SecondFactorClaim)?.secondFactor, false)
  }
  const { token, made } = session({ payload: { ...PAYLOAD, '2fa-completed': { v: true, t: 'now' }, antiCsrfToken: ' padded' } })
  t.match(rememberToken(token, made, SecondFactorClaim), { secondFactor: true, secondFactorAt: NaN, antiCsrfToken: undefined })
})

t.test('what must not be remembered is not', async (t) => {
  const refused: Record<string, Fields> = {
    'one that the Core must see each time': { payload: { ...PAYLOAD, parentRefreshTokenHash1: 'hash' } },
    'one that is not valid yet': { payload: { ...PAYLOAD, nbf: 1 } },
    'one without an end': { payload: { ...PAYLOAD, exp: '100' } },
    'one without a key id': { header: {} },
    'one that was replaced on the way': { accessToken: 'a.b.c' },
    'one that was just issued': { updated: true },
    'one with a refresh token': { refreshToken: { token: 'r' } }
  }
  for (const [name, fields] of Object.entries(refused)) {
    const { token, made } = session(fields)
    t.equal(rememberToken(token, made, SecondFactorClaim), undefined, name)
  }
  const { token, made } = session()
  t.equal(rememberToken(token, { ...made } as never, SecondFactorClaim), undefined, 'an object of another class')
  const odd = session({ accessToken: `${token}=` })
  t.equal(rememberToken(`${token}=`, odd.made, SecondFactorClaim), undefined, 'one that could be written in two ways')
})
