import type { FastifyInstance } from 'fastify'
import { userJson } from '../users/accounts.js'
import type { App } from '../tenants/apps.js'
import { importUser, primaryMethod } from '../bulk/importer.js'
import { readBulkUser, type BulkUser } from '../bulk/user.js'
import { isObject, type JsonObject, type Query } from '../http/input.js'
import { badRequest, isRefusal } from '../http/refusals.js'
import { answer, type Call } from '../http/transport.js'
import { ownerOf } from '../storage/vault.js'

const MAX_USERS = 10_000
const MAX_PAGE = 500
const STATUSES = ['NEW', 'PROCESSING', 'FAILED']

interface QueueRow { id: string, status: string, error: string | null, raw: string, created_at: number, updated_at: number }

export async function bulkImport (fastify: FastifyInstance): Promise<void> {
  const queue = createQueue((error) => fastify.log.error({ err: error }, 'the bulk import stopped'))
  // What was queued when the process ended is taken up again.
  fastify.addHook('onReady', async () => { for (const app of fastify.apps.list()) queue.work(app) })
  fastify.addHook('preClose', queue.stop)

  fastify.post('/bulk-import/users', answer((call) => addUsers(call, queue)))
  fastify.get('/bulk-import/users', answer(listUsers))
  fastify.get('/bulk-import/users/count', answer((call) => {
    const status = statusIn(call.query)
    return { status: 'OK', ...call.publicApp().db.get('SELECT count(*) AS count FROM bulk_import WHERE status = ? OR ? = \'\'', status, status) }
  }))

  fastify.post('/bulk-import/users/remove', answer((call) => {
    const ids = call.body.array('ids')
    if (ids.length > MAX_PAGE) throw badRequest(`Field name 'ids' cannot contain more than ${MAX_PAGE} elements`)
    const texts = call.body.optionalStrings('ids') as string[]
    if (texts.includes('')) throw badRequest('Field name \'ids\' cannot contain an empty string')
    const { db } = call.publicApp()
    return db.transaction(() => {
      const deletedIds = texts.filter((id) => db.run('DELETE FROM bulk_import WHERE id = ?', id) === 1)
      return { deletedIds, invalidIds: texts.filter((id) => !deletedIds.includes(id)) }
    })
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

/** All or none: with one user that cannot be read, none is queued. */
function addUsers (call: Call, queue: Queue): object {
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
  const good = read.map((one) => (one as { user: BulkUser }).user)
  const { db, vault, now } = app
  const added = db.transaction(() => good.map((user) => {
    const { superTokensUserId: userId } = primaryMethod(user)
    db.run('INSERT INTO bulk_import (id, status, raw, created_at, updated_at) VALUES (?, \'NEW\', ?, ?, ?)', userId, vault.seal(JSON.stringify(user), ownerOf.import(userId)), now(), now())
    return queuedJson(userId, user)
  }))
  queue.work(app)
  return { status: 'OK', users: added }
}

/** The ids that a user will have: for the outside, and of each login. */
function queuedJson (userId: string, { externalUserId, loginMethods }: BulkUser): JsonObject {
  return {
    userId: externalUserId ?? userId,
    loginMethods: loginMethods.map(({ recipeId, superTokensUserId, tenantIds, email = null, ...method }) => ({
      recipeId,
      userId: superTokensUserId,
      tenants: tenantIds,
      email,
      ...(recipeId === 'thirdparty' && { thirdpartyId: method.thirdPartyId as string, thirdpartyUserId: method.thirdPartyUserId as string }),
      ...(recipeId === 'passwordless' && { phoneNumber: method.phoneNumber ?? null })
    }))
  }
}

function statusIn (query: Query): string {
  const status = query.optional('status')
  if (status !== undefined && !STATUSES.includes(status)) throw badRequest('Invalid value for status. Pass one of NEW, PROCESSING, or FAILED!')
  return status ?? ''
}

function listUsers (call: Call): object {
  const { query } = call
  const limit = query.optionalInteger('limit') ?? 100
  if (limit > MAX_PAGE) throw badRequest(`Max limit allowed is ${MAX_PAGE}`)
  if (limit < 1) throw badRequest('limit must a positive integer with min value 1')
  const status = statusIn(query)
  const token = query.optional('paginationToken')
  const { db, vault } = call.publicApp()
  const [id = '', createdAt, ...rest] = token === undefined ? ['', '0'] : Buffer.from(token, 'base64').toString().split(';')
  if (createdAt === undefined || rest.length > 0 || !/^\d{1,15}$/.test(createdAt)) throw badRequest('invalid pagination token')
  const rows = db.all<QueueRow>('SELECT * FROM bulk_import WHERE (created_at, id) >= (?, ?) AND (status = ? OR ? = \'\') ORDER BY created_at, id LIMIT ?',
    Number(createdAt), id, status, status, limit + 1)
  const next = rows[limit]
  return {
    status: 'OK',
    users: rows.slice(0, limit).map((row) => ({
      ...JSON.parse(vault.open(row.raw, ownerOf.import(row.id))),
      id: row.id,
      status: row.status,
      ...(row.error !== null && { errorMessage: row.error }),
      createdAt: row.created_at,
      updatedAt: row.updated_at
    })),
    ...(next !== undefined && { nextPaginationToken: Buffer.from(`${next.id};${next.created_at}`).toString('base64') })
  }
}

interface Queue {
  /** Makes sure that an app's queue is worked on, in the background. */
  work (app: App): void
  stop (): Promise<void>
}

function createQueue (onError: (error: unknown) => void): Queue {
  const working = new Map<App, Promise<void>>()
  const state = { stopped: false }

  async function workOn (app: App): Promise<void> {
    const { db, vault, now } = app
    // Rows are in the order in which they came; those that have failed stay, and are not walked through again for each user.
    let last = 0
    while (!state.stopped) {
      // One user a turn, and a breath between them: requests go first.
      await new Promise((resolve) => setImmediate(resolve))
      const row = db.get<QueueRow & { at: number }>('SELECT rowid AS at, * FROM bulk_import WHERE rowid > ? AND status = \'NEW\' ORDER BY rowid LIMIT 1', last)
      // An emptied table numbers its rows from the beginning again.
      if (row === undefined && last === 0) return
      last = row?.at ?? 0
      if (row === undefined) continue
      try {
        // The user appears and leaves the queue in one transaction, so that a crash neither loses nor doubles it.
        await importUser(app, JSON.parse(vault.open(row.raw, ownerOf.import(row.id))) as BulkUser, () => { db.run('DELETE FROM bulk_import WHERE id = ?', row.id) })
      } catch (error) {
        if (!isRefusal(error)) throw error
        db.run('UPDATE bulk_import SET status = \'FAILED\', error = ?, updated_at = ? WHERE id = ?', error.message, now(), row.id)
      }
    }
  }

  return {
    work (app) {
      if (!working.has(app)) working.set(app, workOn(app).catch(onError).finally(() => working.delete(app)))
    },
    async stop () {
      state.stopped = true
      await Promise.all(working.values())
    }
  }
}
