import { Agent, request } from 'node:http'
import { randomInt, randomUUID } from 'node:crypto'
import { FIRST_JOINED } from './populate.js'

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

const PAGE = 100
const oneOf = (list) => list[randomInt(list.length)]

/**
 * Returns each operation as a function from lane to promise. `emails` belong to the users that `populate` wrote to the
 * file; each user is equally likely to be picked.
 */
export async function operations (call, emails) {
  const there = emails.length
  const anyPage = async () => {
    const token = Buffer.from(`;${FIRST_JOINED + randomInt(there - PAGE + 1)}`).toString('base64')
    const { users } = expectOk(await call('GET', `/public/users?limit=${PAGE}&timeJoinedOrder=ASC&paginationToken=${encodeURIComponent(token)}`))
    // A short page would be cheaper and distort the result.
    if (users.length !== PAGE) throw new Error(`${users.length} users on a page`)
    return users.map(({ id }) => id)
  }
  const { user: { id: userId } } = expectOk(await call('POST', '/recipe/signup', { email: `${randomUUID()}@example.com`, password: PASSWORD }))
  const userIds = there === 0 ? [userId] : (await Promise.all(Array.from({ length: 32 }, anyPage))).flat()
  const newSession = () => call('POST', '/recipe/session', { userId: oneOf(userIds), enableAntiCsrf: false, userDataInJWT: {}, userDataInDatabase: {} })
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
    'metadata write': async (lane) => expectOk(await call('PUT', '/recipe/user/metadata', { userId, metadataUpdate: { [`lane${lane}`]: randomInt(1e9) } })),
    'listing page': anyPage
  }
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
