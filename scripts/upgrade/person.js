import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 15_000

/** Somebody with an address, a number and a network of their own, and the tokens of their session. */
export const newPerson = () => ({
  email: `${randomUUID()}@example.com`,
  phoneNumber: `+1212${randomInt(2_000_000, 10_000_000)}`,
  ip: `198.51.${randomInt(256)}.${randomInt(256)}`,
  token: '',
  refreshToken: ''
})

export class Unexpected extends Error {}

async function send ({ origin }, person, path, { method = 'POST', payload, token = person.token } = {}) {
  const response = await fetch(origin + path, {
    method,
    headers: { 'st-auth-mode': 'header', 'x-forwarded-for': person.ip, ...(token !== '' && { authorization: `Bearer ${token}` }), ...(payload && { 'content-type': 'application/json' }) },
    ...(payload && { body: JSON.stringify(payload) }),
    signal: AbortSignal.timeout(PATIENCE_MS)
  })
  const body = await response.json().catch(() => ({}))
  return { status: response.status, body, headers: response.headers }
}

/** Keeps the tokens of an answer that has to be OK. */
async function ask (replica, person, path, options) {
  const { status, body, headers } = await send(replica, person, path, options)
  if (status !== 200 || (body.status ?? 'OK') !== 'OK') throw new Unexpected(`${path} at the ${replica.name} replica: ${status} ${JSON.stringify(body)}`)
  person.token = headers.get('st-access-token') ?? person.token
  person.refreshToken = headers.get('st-refresh-token') ?? person.refreshToken
  return body
}

const formFields = ({ email }) => [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }]

export const signUp = (replica, person) => ask(replica, person, '/auth/signup', { payload: { formFields: formFields(person) }, token: '' })

export const signIn = (replica, person) => ask(replica, person, '/auth/signin', { payload: { formFields: formFields(person) }, token: '' })

/** Asks for a code; resolves with the right answer. The code is in the outbox of the replica that has sent it. */
export async function askForCode (replica, person) {
  const { deviceId, preAuthSessionId } = await ask(replica, person, '/auth/signinup/code', { payload: { phoneNumber: person.phoneNumber } })
  const { body: messages } = await send(replica, person, '/dev/outbox', { method: 'GET' })
  const { code } = messages.findLast((message) => JSON.stringify(message).includes(person.phoneNumber)) ?? {}
  if (code === undefined) throw new Unexpected(`no code in the outbox of the ${replica.name} replica`)
  return { deviceId, preAuthSessionId, userInputCode: code }
}

export const answer = (replica, person, payload) => ask(replica, person, '/auth/signinup/code/consume', { payload })

/** What an answer that should not work gets, and the session keeps its tokens. */
export async function tryAnswer (replica, person, payload) {
  const { status, body } = await send(replica, person, '/auth/signinup/code/consume', { payload })
  return body.status === 'OK' ? 'OK' : `${status} ${body.code ?? body.status}`
}

/** The status of a route that needs a second factor. */
export const guarded = async (replica, person, token = person.token) => (await send(replica, person, '/examples/second-factor', { method: 'GET', token })).status

export async function refresh (replica, person, token = person.refreshToken) {
  return await ask(replica, person, '/auth/session/refresh', { token })
}

export async function tryRefresh (replica, person, token) {
  return (await send(replica, person, '/auth/session/refresh', { token })).status
}

export const signOut = (replica, person) => ask(replica, person, '/auth/signout', { payload: {} })

/** Until a replica refuses a token; false if it has not within five seconds. */
export async function refusesSoon (replica, person, token) {
  for (const end = performance.now() + 5000; performance.now() < end; await sleep(50)) if (await guarded(replica, person, token) === 401) return true
  return false
}
