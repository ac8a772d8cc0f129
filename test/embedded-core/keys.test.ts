import { createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import t from 'tap'
import { NEW_SESSION, openCore, type Client, type SessionJson } from './client.js'

const HOUR = 3_600_000

async function newToken ({ post }: Client): Promise<string> {
  return (await post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION })).body.accessToken.token
}

const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString()).kid

async function kids ({ get }: Client): Promise<string[]> {
  return (await get<{ keys: Array<{ kid: string }> }>('/.well-known/jwks.json')).body.keys.map(({ kid }) => kid).filter((kid) => kid.startsWith('d-'))
}

async function verifies ({ get, post }: Client, token: string): Promise<boolean> {
  const { keys } = (await get<{ keys: Array<JsonWebKey & { kid: string }> }>('/.well-known/jwks.json')).body
  const key = keys.find(({ kid }) => kid === kidOf(token))
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const locally = key !== undefined && verify('sha256', Buffer.from(`${header}.${payload}`), createPublicKey({ key, format: 'jwk' }), Buffer.from(signature, 'base64url'))
  const { body } = await post('/recipe/session/verify', { accessToken: token, enableAntiCsrf: false, doAntiCsrfCheck: false, checkDatabase: true })
  return locally && body.status === 'OK'
}

t.test('dynamic keys rotate with an overlap in which verifiers can fetch the new one', async (t) => {
  const client = await openCore(t, { config: { access_token_dynamic_signing_key_update_interval: 1, access_token_validity: 1800 } })
  const first = await newToken(client)
  t.match((await client.get('/.well-known/jwks.json')).headers.get('cache-control'), /^max-age=3540, must-revalidate$/)

  client.wait(HOUR - 30_000)
  const second = await newToken(client)
  t.equal(kidOf(second), kidOf(first), 'in the last minute the old key signs')
  const published = await kids(client)
  t.equal(published.length, 2, 'and the new one is there already')
  t.equal(kidOf(await newToken(client)), kidOf(first), 'without signing yet')

  client.wait(31_000)
  const third = await newToken(client)
  t.equal(kidOf(third), published[0], 'then the new one signs')
  t.ok(await verifies(client, second), 'and what the old one has signed still verifies')

  client.wait(HOUR + 5000)
  t.notOk((await kids(client)).includes(kidOf(first)), 'until no token of it can be left')
})

t.test('a key that nobody asked for in time is made when it is needed', async (t) => {
  const client = await openCore(t)
  const first = await newToken(client)
  client.wait(169 * HOUR)
  const tokens = await Promise.all(Array.from({ length: 5 }, () => newToken(client)))
  t.equal(new Set(tokens.map(kidOf)).size, 1, 'one for all that wait for it')
  t.not(kidOf(tokens[0] as string), kidOf(first))
  t.ok(await verifies(client, tokens[0] as string))
})

t.test('with very short intervals the overlap shrinks', async (t) => {
  const client = await openCore(t, { config: { access_token_dynamic_signing_key_update_interval: 10 / 3600, access_token_validity: 5 } })
  const first = await newToken(client)
  client.wait(7000)
  t.equal(kidOf(await newToken(client)), kidOf(first))
  t.equal((await kids(client)).length, 1)
  client.wait(1500)
  await newToken(client)
  t.equal((await kids(client)).length, 2)
  t.equal((await client.get('/.well-known/jwks.json')).headers.get('cache-control'), 'max-age=8, must-revalidate')
  client.wait(20_000)
  t.notOk(await verifies(client, first))
})

t.test('static keys never rotate', async (t) => {
  const client = await openCore(t)
  const token = async () => (await client.post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION, useDynamicSigningKey: false })).body.accessToken.token
  const first = kidOf(await token())
  t.match(first, /^s-/)
  client.wait(5000 * HOUR)
  t.equal(kidOf(await token()), first)
})
