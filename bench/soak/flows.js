import { randomInt, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 256 })
/** Milliseconds after which a request counts as hanging. */
const HANG_MS = 30_000
/** Maximum number of enrolled users to keep. Later sign-ups are not used again. */
const MOST_PEOPLE = 2000

function exchange (port, method, path, token, payload) {
  return new Promise((resolve, reject) => {
    const body = payload === undefined ? undefined : JSON.stringify(payload)
    const headers = { 'st-auth-mode': 'header', ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) }
    const sent = request({ host: '127.0.0.1', port, method, path, agent, headers, timeout: HANG_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text) }))
      response.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('error', reject)
    sent.end(body)
  })
}

class Unexpected extends Error {}

/**
 * Creates flows that imitate users; each resolves when it is done. `record` gets every request's class and milliseconds
 * and, for an unexpected answer, that answer. An unexpected answer ends the flow.
 */
export function createFlows (port, phones, record) {
  /** Idle users. A busy user is removed, so that no two flows refresh the same session. */
  const people = []

  async function call (kind, expected, person, method, path, payload, token = person.access) {
    const start = performance.now()
    let label
    try {
      const { status, headers, body } = await exchange(port, method, path, token, payload)
      label = [status, body.status ?? body.code].filter((part) => part !== undefined).join(' ')
      person.access = headers['st-access-token'] ?? person.access
      person.refresh = headers['st-refresh-token'] ?? person.refresh
      if (body.deviceId !== undefined) person.challenge = { deviceId: body.deviceId, preAuthSessionId: body.preAuthSessionId }
    } catch (err) {
      label = err.code ?? err.message
    }
    record(kind, performance.now() - start, label === expected ? undefined : label)
    if (label !== expected) throw new Unexpected(label)
  }

  const post = (kind, person, path, payload, expected = '200 OK') => call(kind, expected, person, 'POST', path, payload)
  const guarded = (person) => call('guarded', '200', person, 'GET', '/examples/second-factor')

  function firstFactor (kind, person) {
    Object.assign(person, { access: undefined, refresh: undefined })
    return post(kind, person, `/auth/${kind === 'sign-up' ? 'signup' : 'signin'}`, { formFields: [{ id: 'email', value: person.email }, { id: 'password', value: 'correct horse 1' }] })
  }

  async function secondFactor (person, { resend, wrong }) {
    await post('code', person, '/auth/signinup/code', { phoneNumber: person.phoneNumber })
    if (resend) await post('resend', person, '/auth/signinup/code/resend', person.challenge)
    const code = phones.take(person.phoneNumber)
    const consume = (kind, userInputCode, expected) => post(kind, person, '/auth/signinup/code/consume', { ...person.challenge, userInputCode }, expected)
    if (wrong) await consume('wrong code', `${(Number(code[0]) + 1) % 10}${code.slice(1)}`, '200 INCORRECT_USER_INPUT_CODE_ERROR')
    await consume('consume', code)
    await guarded(person)
  }

  async function enrol () {
    const person = { email: `${randomUUID()}@example.com`, phoneNumber: `+1212${randomInt(2_000_000, 10_000_000)}` }
    await firstFactor('sign-up', person)
    await secondFactor(person, { resend: chance(0.2), wrong: chance(0.2) })
    if (people.length < MOST_PEOPLE) people.push(person)
  }

  const chance = (share) => Math.random() < share

  /** Runs `work` for a random idle user, or enrols one if there is none yet. */
  function asRandomUser (work) {
    return async () => {
      if (people.length === 0) return await enrol()
      const index = randomInt(people.length)
      const person = people[index]
      people[index] = people.at(-1)
      people.pop()
      await work(person)
      people.push(person)
    }
  }

  const returning = asRandomUser(async (person) => {
    await firstFactor('sign-in', person)
    await secondFactor(person, { resend: chance(0.2), wrong: chance(0.3) })
  })

  const work = asRandomUser(async (person) => {
    for (let count = 0; count < 8; count++) await guarded(person)
  })

  const refresh = asRandomUser(async (person) => {
    await call('refresh', '200', person, 'POST', '/auth/session/refresh', undefined, person.refresh)
    await guarded(person)
  })

  const signOut = asRandomUser(async (person) => {
    const { refresh } = person
    await post('sign-out', person, '/auth/signout', {})
    await call('refused', '401', { ...person }, 'POST', '/auth/session/refresh', undefined, refresh)
    await firstFactor('sign-in', person)
    await secondFactor(person, { resend: false, wrong: false })
  })

  const forge = asRandomUser(async (person) => {
    const [head, payload, signature] = person.access.split('.')
    const forged = [head, payload, signature.split('').reverse().join('')].join('.')
    await call('refused', '401', { ...person }, 'GET', '/examples/second-factor', undefined, forged)
    await call('refused', '401', {}, 'GET', '/examples/second-factor')
    await guarded(person)
  })

  /** Per cent. */
  const shares = [[enrol, 8], [returning, 22], [work, 50], [refresh, 10], [signOut, 4], [forge, 6]]
  const weighted = shares.flatMap(([flow, share]) => Array(share).fill(flow))

  return {
    /** Runs a random flow. Resolves with false after an unexpected answer. */
    async any () {
      try {
        await weighted[randomInt(weighted.length)]()
        return true
      } catch (err) {
        if (!(err instanceof Unexpected)) throw err
        return false
      }
    },
    /** Enrols the first users, four at a time. */
    async populate (count) {
      await Promise.all(Array.from({ length: 4 }, async () => {
        while (people.length < count) await enrol()
      }))
    }
  }
}
