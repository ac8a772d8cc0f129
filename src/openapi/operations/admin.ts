import { FIELDS } from '../../audit/event-types.js'
import { RESULTS } from '../../audit/reader/filters.js'
import type { Operation, Operations } from '../operation.js'
import { count, exactly, flag, listOf, mapOf, ok, text, time, type JsonSchema } from '../schemas.js'

const refusal = exactly({ error: text, message: text }, { code: text })
const refusals = { 400: refusal, 401: refusal, 403: refusal, 429: refusal, 503: refusal } as const
/** Of an account: there is none, or the operation is refused. */
const ofUser = { ...refusals, 404: refusal, 409: refusal } as const
/** Of a change: an idempotency key may not fit. */
const ofChange = { ...ofUser, 413: refusal, 415: refusal, 422: refusal } as const

const masked: JsonSchema = { ...text, description: 'Masked, unless the key is an admin\'s' }
const login = exactly(
  { recipe: { enum: ['emailpassword', 'thirdparty', 'passwordless'] }, verified: flag, tenantIds: listOf(text) },
  { email: masked, phone: masked, number: { enum: ['pending', 'lost'] }, provider: text, since: time }
)
const person = { userId: text, joinedAt: time, tenantIds: listOf(text), logins: listOf(login) }

const factor = exactly(
  { factor: text },
  { id: text, name: { ...text, description: 'Chosen by the person. Show it as plain text only' }, phone: text, email: text, since: time, lastUse: time, left: count, broken: { const: true } }
)
const recovery = exactly({ phase: { enum: ['waiting', 'ready', 'lapsed'] }, startedAt: time, readyAt: time, lapsesAt: time })
const account = { required: { userId: text, factors: listOf(factor) }, optional: { lockedAt: { ...text, description: 'ISO 8601' }, passwordChangeRequired: time, recovery } }
const roles: JsonSchema = { ...mapOf(listOf(text)), description: 'By tenant' }

const session = exactly(
  { handle: text, tenantId: text, startedAt: time, expiresAt: time, secondFactor: flag, firstFactors: listOf(text), passed: listOf(exactly({ factor: text, at: time })) },
  { lastUsedAt: time, browser: text, system: text }
)

const counted = exactly(
  { people: count, enrolled: mapOf(count), notEnrolled: count, locked: count, passwordChangeRequired: count, recoveries: exactly({ waiting: count, ready: count, lapsed: count }), deleting: count },
  { sessions: count }
)

const event = exactly(
  { id: text, type: { ...text, description: 'One of docs/audit-event.schema.json' }, time: { ...text, description: 'ISO 8601, UTC' } },
  { ...Object.fromEntries(Object.entries(FIELDS).map(([name, { type }]) => [name, { type }])), address: { ...text, description: 'The client\'s; its network, unless the key is an admin\'s' } }
)
const moment: JsonSchema = { ...text, description: 'ISO 8601, in UTC unless it has a zone; or how long ago, such as 1h' }

/** What every change is sent with. */
function because (own: Readonly<Record<string, JsonSchema>> = {}, needed: readonly string[] = []): JsonSchema {
  return {
    type: 'object',
    properties: {
      reason: { ...text, maxLength: 512, description: 'Why. The audit has it' },
      onBehalfOf: { ...text, maxLength: 56, description: 'For whom the key acts. The audit has it beside the name of the key' },
      ...own
    },
    required: ['reason', ...needed],
    additionalProperties: false
  }
}

const common = { tag: 'Administration', session: 'admin' } as const satisfies Partial<Operation>

const read = (summary: string, answer: JsonSchema, more: Partial<Operation> = {}): Operation => ({ ...common, summary, answers: { 200: answer, ...ofUser }, ...more })

const change = (summary: string, role: 'helpdesk' | 'admin', answer: JsonSchema = ok(), body: JsonSchema = because()): Operation => ({
  ...common,
  summary,
  description: `For keys of the role ${role}${role === 'helpdesk' ? ' and above' : ''}. With a header Idempotency-Key, it can be sent again.`,
  body,
  answers: { 200: answer, ...ofChange }
})

const wholeList = exactly({ status: { const: 'OK' }, people: listOf(exactly(person)) }, { next: { ...text, description: 'Cursor of the next page' }, incomplete: { const: true } })

/** For operators' tools, with a key and its role. */
export const ADMIN: Operations = {
  'GET /admin/v1/users': read('People, a page at a time, or those whom a search finds', wholeList, {
    query: {
      type: 'object',
      properties: {
        search: { ...text, description: 'A whole id, address or number. Admins: also the beginning of one' },
        tenantId: text,
        order: { enum: ['newest', 'oldest'] },
        limit: { type: 'integer', minimum: 1, maximum: 500 },
        cursor: { ...text, description: '`next` of the page before' }
      }
    }
  }),
  'GET /admin/v1/users/:id': read('One person: logins, factors, locks, a recovery, roles', ok({
    person: exactly({ ...person, ...account.required, roles, sessions: count }, { ...account.optional, lastSignInAt: time, deletingSince: time })
  })),
  'GET /admin/v1/users/:id/factors': read('What a person has enrolled, masked, and what stands in the way', ok(account.required, account.optional)),
  'GET /admin/v1/users/:id/sessions': read('The newest sessions of a person, a hundred at most', ok({ sessions: listOf(session), total: count })),
  'GET /admin/v1/users/:id/roles': read('Roles of a person, by tenant', ok({ roles })),
  'GET /admin/v1/stats': read('How many people there are, and how they are', ok(
    { people: count, tenants: mapOf(count), active: { ...exactly({ day: count, month: count }), description: 'Users of the Core: a person and their phone count as two' }, recoveries: count },
    { counted }
  ), { query: { type: 'object', properties: { everybody: { ...flag, description: 'Looks at everybody, one request at a time' }, sessions: { ...flag, description: 'Counts sessions as well' } } } }),

  'GET /admin/v1/audit': read('Audit events of this replica, newest first', ok(
    { events: listOf(event), damaged: { ...count, description: 'Lines that were looked at and cannot be read, or were changed' } },
    {
      next: { ...text, description: 'Cursor of older events. Absent at the end' },
      incomplete: { const: true, description: 'Enough was looked at for one request. There may be more: go on with `next`' },
      lookedBackTo: { ...text, description: 'ISO 8601: the oldest event that was looked at' },
      compressed: { ...count, description: 'Rotated files that are compressed, and are not read' }
    }
  ), {
    description: 'Reads the audit file, 4 MiB at most in one request.',
    query: {
      type: 'object',
      properties: {
        userId: text,
        type: { ...text, description: 'A type, or what is before its dot' },
        actor: { ...text, description: '`key:ops` also finds `key:ops for jane`' },
        result: { enum: [...RESULTS] },
        requestId: text,
        since: moment,
        until: moment,
        limit: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
        cursor: { ...text, description: '`next` of the page before, with the same filters' }
      }
    }
  }),

  'POST /admin/v1/users/:id/unlock': change('Unlock the second factor', 'helpdesk'),
  'POST /admin/v1/users/:id/factors/:factor/reset': change(
    'Remove a second factor, or `all`. The helpdesk removes none that is the last', 'helpdesk',
    ok({ removed: listOf(text), hasNone: flag, passwordChangeRequired: flag }),
    because({ keepPassword: { ...flag, description: 'For admins: the password goes on working where no factor is left' } })
  ),
  'POST /admin/v1/users/:id/force-password-change': change('End all sessions, and have a new password chosen by a link', 'admin'),
  'POST /admin/v1/users/:id/number': change('Phone + password: another number', 'admin', ok(), because({ number: text }, ['number'])),
  'POST /admin/v1/users/:id/recovery': change(
    'Start the recovery of an account', 'helpdesk', ok({ readyAt: time, lapsesAt: time }), because({ wait: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'string', pattern: '^\\d+[smhd]$' }], description: 'For admins: how long until it can be finished, in seconds or as a time such as `90s`, `30m`, `24h` or `2d`' } })
  ),
  'DELETE /admin/v1/users/:id/recovery': change('Stop the recovery of an account', 'helpdesk'),
  'DELETE /admin/v1/users/:id/sessions': change('End all sessions of a person', 'helpdesk', ok({ revoked: count })),
  'DELETE /admin/v1/sessions/:handle': change('End one session', 'helpdesk', ok({ existed: flag }, { userId: text })),
  'POST /admin/v1/users/:id/roles': change('Give a person a role', 'admin', ok({ added: flag }), because({ role: text, tenantId: text, create: { ...flag, description: 'Makes the role if there is none' } }, ['role'])),
  'DELETE /admin/v1/users/:id/roles': change('Take a role from a person', 'admin', ok({ removed: flag }), because({ role: text, tenantId: text }, ['role'])),
  'POST /admin/v1/users/:id/export': {
    ...change('All that is known of a person (`docs/person-export.schema.json`)', 'admin', ok({ export: { type: 'object' } })),
    description: 'For keys of the role admin. The answer is not kept for an Idempotency-Key.'
  },
  'DELETE /admin/v1/users/:id': change('Delete a person, and all that is kept of them', 'admin', ok({ existed: flag, sharedPhones: count }))
}
