import type { FastifyInstance } from 'fastify'
import { importUser } from '../bulk/importer.js'
import { countQueued, createQueueWorker, enqueue, listQueued, removeQueued, type QueueStatus, type QueueWorker } from '../bulk/queue.js'
import { readBulkUser, type BulkUser } from '../bulk/user.js'
import { answer, type Call } from '../http/call.js'
import { isObject } from '../input/json.js'
import { pageToken, readPageToken } from '../input/page-token.js'
import type { Query } from '../input/query.js'
import { badRequest, isRefusal } from '../input/refusals.js'
import { userJson } from '../users/user-json.js'

const MAX_USERS = 10_000
const MAX_PAGE = 500
const STATUSES: readonly string[] = ['NEW', 'PROCESSING', 'FAILED'] satisfies QueueStatus[]

export async function bulkImport (fastify: FastifyInstance): Promise<void> {
  const worker = createQueueWorker((error) => fastify.log.error({ err: error }, 'the bulk import stopped'))
  // Resume what was still queued when the last process ended.
  fastify.addHook('onReady', async () => { for (const app of fastify.apps.list()) worker.start(app) })
  fastify.addHook('preClose', worker.stop)

  fastify.post('/bulk-import/users', answer((call) => addUsers(call, worker)))

  fastify.get('/bulk-import/users', answer(listUsers))

  fastify.get('/bulk-import/users/count', answer((call) => {
    const status = statusIn(call.query)
    return { status: 'OK', count: countQueued(call.publicApp(), status) }
  }))

  fastify.post('/bulk-import/users/remove', answer((call) => {
    const ids = call.body.array('ids')
    if (ids.length === 0) return { deletedIds: [], invalidIds: [] }
    if (ids.length > MAX_PAGE) throw badRequest(`Field name 'ids' cannot contain more than ${MAX_PAGE} elements`)
    const texts = call.body.optionalStrings('ids', (id) => {
      if (id === '') throw badRequest('Field name \'ids\' cannot contain an empty string')
      return id
    }) as string[]
    const deletedIds = removeQueued(call.publicApp(), texts)
    return { deletedIds, invalidIds: texts.filter((id) => !deletedIds.includes(id)) }
  }))

  fastify.post('/bulk-import/import', answer(async (call) => {
    const { raw } = call.body
    const app = call.publicApp()
    const read = readBulkUser(app, raw, new Set())
    if ('errors' in read) throw badRequest(JSON.stringify({ errors: read.errors }))
    try {
      return { status: 'OK', user: userJson(await importUser(app, read.user)) }
    } catch (error) {
      throw isRefusal(error) ? badRequest(JSON.stringify({ errors: [error.message] })) : error
    }
  }))
}

/** All or none: if one user cannot be read, none is queued. */
function addUsers (call: Call, worker: QueueWorker): object {
  const users = call.body.array('users')
  if (users.length === 0) return { status: 'OK' }
  if (users.length > MAX_USERS) throw badRequest(JSON.stringify({ error: `You can only add ${MAX_USERS} users at a time.` }))
  const app = call.publicApp()
  const seen = new Set<string>()
  const read = users.map((user) => isObject(user) ? readBulkUser(app, user, seen) : { errors: ['A user should be of type object.'] })
  const broken = read.flatMap((one, index) => 'errors' in one ? [{ index, errors: one.errors }] : [])
  if (broken.length > 0) {
    throw badRequest(JSON.stringify({ error: 'Data has missing or invalid fields. Please check the users field for more details.', users: broken }))
  }
  const added = enqueue(app, read.map((one) => (one as { user: BulkUser }).user))
  worker.start(app)
  return { status: 'OK', users: added }
}

function statusIn (query: Query): QueueStatus | undefined {
  const status = query.optional('status')
  if (status !== undefined && !STATUSES.includes(status)) throw badRequest('Invalid value for status. Pass one of NEW, PROCESSING, or FAILED!')
  return status as QueueStatus | undefined
}

function listUsers (call: Call): object {
  const { query } = call
  const limit = query.optionalInteger('limit') ?? 100
  if (limit > MAX_PAGE) throw badRequest(`Max limit allowed is ${MAX_PAGE}`)
  if (limit < 1) throw badRequest('limit must a positive integer with min value 1')
  const status = statusIn(query)
  const token = query.optional('paginationToken')
  const app = call.publicApp()
  const { users, next } = listQueued(app, status, token === undefined ? { id: '', time: 0 } : readPageToken(token), limit)
  return {
    status: 'OK',
    users,
    ...(next !== undefined && { nextPaginationToken: pageToken(next) })
  }
}
