import { existsSync } from 'node:fs'
import { FILTER_SHAPES, filtersIn } from '../audit/reader/filters.js'
import { type AuditPage, type AuditQuery, MOST_EVENTS, readAudit } from '../audit/reader/reader.js'
import type { AuditEvent } from '../audit/event.js'
import { loadConfig } from '../config/load.js'
import { type Command, failure, type Flags, type Io, textOf } from './command.js'
import { environment } from './environment.js'
import { table } from './table.js'
import { json } from './user-output.js'

/** Printed unless more are asked for. */
const DEFAULT_LIMIT = 100

export const listFlags: Command['flags'] = {
  user: { type: 'string' },
  type: { type: 'string' },
  actor: { type: 'string' },
  result: { type: 'string' },
  request: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  limit: { type: 'string' }
}

export const listDetails = `  --user ID          of this account
  --type TYPE        a type, or what is before its dot: session
  --actor NAME       done by this operator, or this key
  --result RESULT    ok, failed or warning
  --request ID       brought about by this request
  --since, --until   a time such as 2026-11-30T14:00Z, or how long ago: 1h, 7d
  --limit N          so many at most (${DEFAULT_LIMIT})
`

interface Listed extends Pick<AuditPage, 'events' | 'damaged' | 'compressed'> {
  /** Whether older ones may be left. */
  more: boolean
}

/** Looks as far back as it takes: nobody else waits for it. */
async function listAll (file: string, query: AuditQuery, limit: number): Promise<Listed> {
  const found: Listed = { events: [], damaged: 0, more: false }
  let cursor: string | undefined
  do {
    const page = await readAudit(file, { ...query, limit: Math.min(limit - found.events.length, MOST_EVENTS), cursor })
    found.events.push(...page.events)
    found.damaged += page.damaged
    if (page.compressed !== undefined) found.compressed = page.compressed
    cursor = page.next
  } while (cursor !== undefined && found.events.length < limit)
  return { ...found, more: cursor !== undefined }
}

const DETAILS = ['factor', 'role', 'account', 'phone', 'email', 'tenantId', 'sessionHandle', 'requestId', 'reason', 'dropped', 'count', 'since', 'until'] as const

const rowOf = (event: AuditEvent): string[] => [
  event.time, event.type, event.userId ?? '', event.actor ?? '', event.address ?? '',
  DETAILS.flatMap((name) => event[name] === undefined ? [] : `${name}: ${event[name]}`).join(', ')
]

function lines ({ events, damaged, compressed, more }: Listed): string[] {
  return [
    ...(events.length === 0 ? ['no events'] : table([['TIME', 'TYPE', 'USER', 'ACTOR', 'ADDRESS', 'DETAILS'], ...events.map(rowOf)])),
    ...(more ? ['There may be older ones: --limit prints more.'] : []),
    ...(damaged > 0 ? [`Lines that cannot be read, or were changed: ${damaged}. fastify-2fa audit verify says which.`] : []),
    ...(compressed === undefined ? [] : [`Compressed files, which are not read: ${compressed}.`])
  ]
}

function fileOf ([named, ...others]: string[], io: Io): string {
  if (others.length > 0) throw failure('Name the present file alone. Those that it was rotated to are found beside it.', 2)
  const file = named ?? loadConfig(environment(io)).options.audit?.file?.path
  if (file === undefined) throw failure('No audit file is kept here. Set AUDIT_SINKS=file and AUDIT_FILE, or name the file.', 2)
  return file
}

function limitOf (text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_LIMIT : /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1) throw failure('--limit must be a whole number, 1 or more.', 2)
  return limit
}

/** Prints events of an audit file, newest first. */
export async function list (flags: Flags, words: string[], io: Io): Promise<number> {
  const { user: userId, request: requestId, type, actor, result, since, until } = Object.fromEntries(Object.keys(listFlags).map((name) => [name, textOf(flags[name])]))
  const { filters, wrong: [wrong] } = filtersIn({ userId, requestId, type, actor, result, since, until })
  if (wrong !== undefined) throw failure(`--${wrong} must be ${FILTER_SHAPES[wrong]}.`, 2)
  const limit = limitOf(textOf(flags.limit))
  const file = fileOf(words, io)
  const found = await listAll(file, filters, limit).catch((err: NodeJS.ErrnoException) => {
    throw err.syscall === undefined ? err : failure(`${err.path ?? file} cannot be read (${err.code}).`, 2)
  })
  if (found.events.length === 0 && !existsSync(file)) throw failure(`${file} does not exist.`, 2)
  io.out(flags.json === true ? `${json(found)}\n` : `${lines(found).join('\n')}\n`)
  return 0
}
