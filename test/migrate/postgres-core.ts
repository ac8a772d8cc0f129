import type { Test } from 'tap'
import type { ImportableMethod, ImportableUser } from '../../src/embedded-core/index.js'
import { KEY } from './helper.js'
import { listen, read } from './servers.js'

const RUN_MS = 300_000

interface Entry { id: string, user: ImportableUser, status: 'NEW' | 'PROCESSING' | 'FAILED', errorMessage?: string }
type Answer = object | [status: number, text: string]

const tenantsOf = (method: ImportableMethod) => method.tenantIds ?? ['public']
const isPrimary = ({ loginMethods }: ImportableUser) => loginMethods.length > 1 || loginMethods.some((method) => method.isPrimary === true)

/** Why PostgreSQL refuses to insert a user, in the order in which the real Core inserts. */
function conflict (users: ImportableUser[], user: ImportableUser): string | undefined {
  for (const { recipeId, email, phoneNumber, thirdPartyUserId, ...method } of user.loginMethods) {
    const taken = (isSame: (other: ImportableMethod) => boolean) => users.some((other) => other.loginMethods.some((one) =>
      one.recipeId === recipeId && tenantsOf(one).some((id) => tenantsOf(method as ImportableMethod).includes(id)) && isSame(one)))
    if (thirdPartyUserId !== undefined) {
      if (taken((one) => one.thirdPartyUserId === thirdPartyUserId)) return `E005: A user with thirdPartyId ${method.thirdPartyId} and thirdPartyUserId ${thirdPartyUserId} already exists in thirdparty loginMethod.`
      continue
    }
    if (email !== undefined && taken((one) => one.email === email)) return `E003: A user with email ${email} already exists in ${recipeId} loginMethod.`
    if (phoneNumber !== undefined && taken((one) => one.phoneNumber === phoneNumber)) return `E007: A user with phoneNumber ${phoneNumber} already exists in passwordless loginMethod.`
  }
  const emails = (one: ImportableUser) => one.loginMethods.map((method) => method.email)
  if (isPrimary(user) && users.some((other) => isPrimary(other) && emails(other).some((email) => email !== undefined && emails(user).includes(email)))) return 'E022: the account info is already associated with another primary user.'
  return users.some(({ externalUserId }) => externalUserId === user.externalUserId) ? `E031: A user with externalId ${user.externalUserId} already exists` : undefined
}

/**
 * As much of a Core on PostgreSQL as an import sees: every five minutes it works its queue off in batches, and if
 * PostgreSQL refuses one user of a batch, it marks that one as failed and imports none of the batch. Its clock is the
 * test's, in which a wait takes no time, and at least 50 seconds.
 */
export async function postgresCore (t: Test, { features = [], tenants = ['public'], batch = 1000 }: { features?: string[], tenants?: string[], batch?: number } = {}) {
  const core = {
    uri: '',
    users: [] as ImportableUser[],
    queue: [] as Entry[],
    runs: 0,
    /** Every question, and each of those that came without the key. */
    seen: [] as string[],
    withoutKey: [] as string[],
    /** How many users each request has sent. */
    posts: [] as number[],
    /** Runs before the Core answers; `drop` ends the connection. */
    beforeAnswer: (_question: string, _drop: () => void): void => {},
    beforeRun: (): void => {},
    clock: {
      time: 0,
      now: (): number => core.clock.time,
      sleep: async (milliseconds: number): Promise<void> => {
        core.clock.time += Math.max(milliseconds, 50_000)
        while ((core.runs + 1) * RUN_MS <= core.clock.time) run()
      }
    }
  }

  function run (): void {
    core.beforeRun()
    core.runs++
    const waiting = core.queue.filter(({ status }) => status !== 'FAILED')
    for (let at = 0; at < waiting.length; at += batch) {
      const entries = waiting.slice(at, at + batch)
      const imported: ImportableUser[] = []
      const failed = entries.find((entry) => {
        entry.status = 'PROCESSING'
        const message = conflict([...core.users, ...imported], entry.user)
        if (message !== undefined) Object.assign(entry, { status: 'FAILED', errorMessage: message })
        else imported.push(entry.user)
        return message !== undefined
      })
      if (failed !== undefined) continue
      core.users.push(...imported)
      core.queue = core.queue.filter((entry) => !entries.includes(entry))
    }
  }

  function errorsOf ({ totpDevices, loginMethods }: ImportableUser): string[] {
    const has = (...names: string[]) => names.some((name) => features.includes(name))
    return [
      ...(totpDevices !== undefined && !has('mfa') ? ['MFA must be enabled to import totp devices.'] : []),
      ...(loginMethods.length > 1 && !has('mfa', 'account_linking') ? ['Account linking must be enabled to import multiple loginMethods.'] : []),
      ...loginMethods.flatMap(tenantsOf).filter((id) => !tenants.includes(id)).map((id) => `Invalid tenantId: ${id}.`)
    ]
  }

  function userJson ({ externalUserId, loginMethods, ...user }: ImportableUser): object {
    const methods = loginMethods.map(({ thirdPartyId: id, thirdPartyUserId: userId, ...method }) => ({ ...method, tenantIds: tenantsOf(method), ...(id !== undefined && { thirdParty: { id, userId } }) }))
    return { id: externalUserId, isPrimaryUser: isPrimary({ ...user, loginMethods }), loginMethods: methods }
  }

  function byAccountInfo (tenantId: string, query: URLSearchParams): Answer {
    if (!tenants.includes(tenantId)) return [400, `AppId or tenantId not found => ${tenantId}`]
    const has = (method: ImportableMethod) => tenantsOf(method).includes(tenantId) &&
      (['email', 'phoneNumber', 'thirdPartyUserId'] as const).some((name) => query.get(name) !== null && method[name] === query.get(name))
    return { status: 'OK', users: core.users.filter(({ loginMethods }) => loginMethods.some(has)).map(userJson) }
  }

  function addUsers (users: ImportableUser[]): Answer {
    core.posts.push(users.length)
    const errors = users.flatMap((user, index) => errorsOf(user).length > 0 ? [{ index, errors: errorsOf(user) }] : [])
    if (errors.length > 0) return [400, JSON.stringify({ error: 'Data has missing or invalid fields.', users: errors })]
    core.queue.push(...users.map((user) => ({ id: `queued-${core.seen.length}-${user.externalUserId}`, user, status: 'NEW' as const })))
    return { status: 'OK' }
  }

  function listQueue (query: URLSearchParams): Answer {
    const [from, limit] = [Number(query.get('paginationToken')), Number(query.get('limit'))]
    const entries = core.queue.filter(({ status }) => query.get('status') === null || query.get('status') === status)
    const page = entries.slice(from, from + limit).map(({ user, id, status, errorMessage }) => ({ ...user, id, status, errorMessage }))
    return { status: 'OK', users: page, ...(entries.length > from + limit && { nextPaginationToken: String(from + limit) }) }
  }

  function answer (question: string, query: URLSearchParams, body: { users?: ImportableUser[], ids?: string[] }): Answer {
    const [, tenantId] = /^GET \/([^/]+)\/users\/by-accountinfo$/.exec(question) ?? []
    if (tenantId !== undefined) return byAccountInfo(tenantId, query)
    switch (question) {
      case 'GET /apiversion': return { versions: ['5.3', '5.4'] }
      case 'GET /ee/featureflag': return { status: 'OK', features, usageStats: {} }
      case 'GET /users/count': return { status: 'OK', count: core.users.length }
      case 'GET /user/id': {
        const user = core.users.find(({ externalUserId }) => externalUserId === query.get('userId'))
        return user === undefined ? { status: 'UNKNOWN_USER_ID_ERROR' } : { status: 'OK', user: userJson(user) }
      }
      case 'GET /recipe/multitenancy/tenant/list/v2': return { status: 'OK', tenants: tenants.map((id) => ({ tenantId: id })) }
      case 'PUT /recipe/multitenancy/tenant/v2': return [402, 'Cannot use feature: multi_tenancy']
      case 'POST /bulk-import/users': return addUsers(body.users ?? [])
      case 'GET /bulk-import/users': return listQueue(query)
      case 'GET /bulk-import/users/count': return { status: 'OK', count: core.queue.filter(({ status }) => query.get('status') === null || query.get('status') === status).length }
      case 'POST /bulk-import/users/remove': {
        core.queue = core.queue.filter(({ id }) => body.ids?.includes(id) !== true)
        return { deletedIds: body.ids, invalidIds: [] }
      }
      default: return [404, `Not found: ${question}`]
    }
  }

  core.uri = await listen(t, async (request, response) => {
    const url = new URL(String(request.url), 'http://core')
    const question = `${request.method} ${url.pathname}`
    const body = await read(request)
    core.seen.push(question)
    if (request.headers['api-key'] !== KEY) {
      core.withoutKey.push(question)
      response.writeHead(401).end('Invalid API key')
      return
    }
    const result = answer(question, url.searchParams, body === '' ? {} : JSON.parse(body) as object)
    core.beforeAnswer(question, () => response.destroy())
    if (response.destroyed) return
    if (Array.isArray(result)) response.writeHead(result[0] as number, { 'content-type': 'text/plain' }).end(result[1])
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result))
  })
  return core
}
