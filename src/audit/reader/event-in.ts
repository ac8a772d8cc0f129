import { memberOf, textOf } from '../../members.js'
import { readLine } from '../chain.js'
import type { AuditEvent } from '../event.js'
import { FIELDS } from '../event-types.js'

/** What a line of the file is: an event, what the chain says of itself, or neither. */
export type LineContent = { event: AuditEvent } | { note: string } | 'damaged'

/**
 * An event with the fields that are known, each of its type: whoever can write the file must not make a page or a terminal
 * stumble.
 */
function eventOf (value: unknown): AuditEvent | undefined {
  const [id, type, time] = [textOf(value, 'id'), textOf(value, 'type'), textOf(value, 'time')]
  if (id === undefined || type === undefined || time === undefined || Number.isNaN(Date.parse(time))) return undefined
  const fields = Object.entries(FIELDS).flatMap(([name, { type }]) => {
    const member = memberOf(value, name)
    return (type === 'integer' ? Number.isSafeInteger(member) : typeof member === 'string') ? [[name, member]] : []
  })
  return { id, type, time, ...Object.fromEntries(fields) } as AuditEvent
}

/** Reads a line. What does not have its own hash was changed. Whether the chain is whole, `audit verify` says. */
export function contentOf (bytes: Buffer): LineContent {
  const found = readLine(bytes.toString())
  if ('fault' in found) return 'damaged'
  const { event, note } = found.line
  if (note !== undefined) return { note: textOf(note, 'time') ?? '' }
  const known = eventOf(event)
  return known === undefined ? 'damaged' : { event: known }
}

/** When a line was written, in milliseconds since 1970; undefined for none of ours. */
export function timeOf (bytes: Buffer): number | undefined {
  const content = contentOf(bytes)
  if (content === 'damaged') return undefined
  const time = Date.parse('note' in content ? content.note : content.event.time)
  return Number.isNaN(time) ? undefined : time
}
