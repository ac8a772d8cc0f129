import { randomInt, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

function send (port, path, token, payload) {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(payload)
    const headers = { 'st-auth-mode': 'header', ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path, agent, headers, timeout: 30_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => { text += part }).on('error', reject)
      response.on('end', () => { resolve({ status: response.statusCode, token: response.headers['st-access-token'], body: JSON.parse(text) }) })
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer'))).on('error', reject).end(body)
  })
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())

class Failed extends Error {}

/** Messages that a person may ask for in ten minutes (docs/limits.md). After that, somebody else signs up. */
const EACH = 5

/**
 * People who sign in with a password and a code, each request at the next replica. What was answered with OK is written
 * down, to be looked up in the Core afterwards.
 */
export function createLogins (portsOf, phones) {
  const idle = []
  let turn = 0
  /** What the service has said to be so. */
  const told = { users: new Set(), enrolled: new Set(), sessions: new Map(), usedTwice: 0, triedTwice: 0 }

  async function post (person, path, payload, token = person.token) {
    const ports = portsOf()
    const answer = await send(ports[turn++ % ports.length], `/auth${path}`, token, payload).catch((err) => { throw new Failed(err.message) })
    if (answer.status !== 200 || answer.body.status !== 'OK') throw new Failed(`${answer.status} ${answer.body.status ?? answer.body.code}`)
    person.token = answer.token ?? person.token
    return answer.body
  }

  async function signIn (person, path) {
    const formFields = [{ id: 'email', value: person.email }, { id: 'password', value: 'correct horse 1' }]
    const { user } = await post(person, path, { formFields }, '')
    person.userId = user.id
    told.users.add(user.id)
    const { deviceId, preAuthSessionId } = await post(person, '/signinup/code', { phoneNumber: person.phoneNumber })
    const before = person.token
    const answer = { deviceId, preAuthSessionId, userInputCode: phones.take(person.phoneNumber) }
    await post(person, '/signinup/code/consume', answer)
    told.enrolled.add(person.userId)
    told.sessions.set(claimsOf(person.token).sessionHandle, person.userId)
    // A thief who saw the code, with the session that it was sent for.
    if (randomInt(4) > 0) return
    told.triedTwice++
    await post({ token: before }, '/signinup/code/consume', answer).then(() => { told.usedTwice++ }, () => {})
  }

  return {
    told,
    /** Signs in whoever has waited longest, or a new person up. Resolves with what went wrong, if anything did. */
    async login () {
      const person = idle.shift() ?? { email: `${randomUUID()}@example.com`, phoneNumber: `+1212${randomInt(2_000_000, 10_000_000)}`, logins: 0 }
      try {
        await signIn(person, person.userId === undefined ? '/signup' : '/signin')
        return undefined
      } catch (err) {
        if (!(err instanceof Failed)) throw err
        return err.message
      } finally {
        person.logins++
        if (person.logins < EACH && person.userId !== undefined) idle.push(person)
      }
    }
  }
}
