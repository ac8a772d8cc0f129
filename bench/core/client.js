import { Agent, request } from 'node:http'
import { randomInt, randomUUID } from 'node:crypto'

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
export const PASSWORD = 'correct horse 1'

/**
 * Creates a function that makes one request. Any status but 200 ends the benchmark, because a fast refusal would
 * distort it.
 */
export function caller ({ connectionURI, apiKey }) {
  const { hostname, port } = new URL(connectionURI)
  return (method, path, body) => new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const headers = { 'api-key': apiKey, 'cdi-version': '5.4', ...(payload && { 'content-length': Buffer.byteLength(payload) }) }
    const sent = request({ hostname, port, method, path, agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => { text += chunk })
      response.on('end', () => response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`)))
    })
    sent.on('error', reject)
    sent.end(payload)
  })
}

const expectOk = (answer) => {
  if (answer.status !== 'OK') throw new Error(JSON.stringify(answer))
  return answer
}

const oneOf = (list) => list[randomInt(list.length)]

/** Returns each operation as a function from lane to promise. */
export async function operations (call) {
  const emails = []
  const { user: { id: userId } } = expectOk(await call('POST', '/recipe/signup', { email: `${randomUUID()}@example.com`, password: PASSWORD }))
  const newSession = () => call('POST', '/recipe/session', { userId, enableAntiCsrf: false, userDataInJWT: {}, userDataInDatabase: {} })
  const lanes = []
  for (let lane = 0; lane < 32; lane++) lanes.push(expectOk(await newSession()))
  const refreshed = lanes.map(({ refreshToken }) => refreshToken.token)
  return {
    'sign-up': async () => {
      const email = `${randomUUID()}@example.com`
      expectOk(await call('POST', '/recipe/signup', { email, password: PASSWORD }))
      emails.push(email)
    },
    'sign-in': async () => expectOk(await call('POST', '/recipe/signin', { email: oneOf(emails), password: PASSWORD })),
    'session create': async () => expectOk(await newSession()),
    'verify with database': async (lane) => expectOk(await call('POST', '/recipe/session/verify', { accessToken: lanes[lane].accessToken.token, doAntiCsrfCheck: false, enableAntiCsrf: false, checkDatabase: true })),
    refresh: async (lane) => {
      const { refreshToken } = expectOk(await call('POST', '/recipe/session/refresh', { refreshToken: refreshed[lane], enableAntiCsrf: false, useDynamicSigningKey: true }))
      refreshed[lane] = refreshToken.token
    },
    'code create + consume': async () => {
      const { deviceId, preAuthSessionId, userInputCode } = expectOk(await call('POST', '/recipe/signinup/code', { phoneNumber: `+1415${randomInt(2e6, 9e6)}` }))
      expectOk(await call('POST', '/recipe/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode }))
    },
    'metadata write': async (lane) => expectOk(await call('PUT', '/recipe/user/metadata', { userId, metadataUpdate: { [`lane${lane}`]: randomInt(1e9) } }))
  }
}

/** Signs up so many at once. Returns how long each was answered, or refused because the Core is too busy, in milliseconds. */
export async function signUpsAtOnce ({ connectionURI, apiKey }, count) {
  const [answered, refused] = [[], []]
  const start = performance.now()
  await Promise.all(Array.from({ length: count }, async (_, index) => {
    const response = await fetch(`${connectionURI}/recipe/signup`, { method: 'POST', headers: { 'api-key': apiKey }, body: JSON.stringify({ email: `${index}@example.com`, password: PASSWORD }) })
    await response.text()
    if (response.status !== 200 && response.status !== 503) throw new Error(`${response.status}`)
    ;(response.status === 200 ? answered : refused).push(performance.now() - start)
  }))
  return { answered, refused }
}

/**
 * Runs an operation until a number of runs or a time is reached. Returns the time of each run and the total, in
 * milliseconds.
 */
export async function measure (operation, { concurrency, operations: most, ms }) {
  const times = []
  const start = performance.now()
  let begun = 0
  await Promise.all(Array.from({ length: concurrency }, async (_, lane) => {
    while (begun < most && performance.now() - start < ms) {
      begun++
      const before = performance.now()
      await operation(lane)
      times.push(performance.now() - before)
    }
  }))
  return { times, ms: performance.now() - start }
}
