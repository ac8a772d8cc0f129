import { html } from 'ghtml'
import type { AuditEvent } from '../../../audit/event.js'
import type { AuditPage } from '../../../audit/reader/reader.js'
import { withTime } from '../../time.js'
import type { View } from '../../view.js'
import { action, entries, entry, paragraph } from '../security/parts.js'
import { personPage } from './parts.js'

/** Shown by the names that docs/audit.md has for them, as types are: whoever searches a log for one finds it. */
const OTHERS = ['factor', 'role', 'account', 'phone', 'email', 'tenantId', 'sessionHandle', 'replacedSessionHandle', 'requestId', 'traceId', 'dropped', 'count', 'since', 'until'] as const

/** To the millisecond: what belongs together is seconds apart. */
function exactTime (time: string): string {
  const iso = new Date(time).toISOString()
  return html`<time datetime="${iso}">${iso.replace('T', ' ').replace('Z', ' UTC')}</time>`
}

function eventEntry (event: AuditEvent, view: View, isLinked: boolean): string {
  const { say } = view
  const { userId, actor, reason, address } = event
  const others = OTHERS.flatMap((name) => event[name] === undefined ? [] : `${name}: ${event[name]}`).join(', ')
  const details = [
    exactTime(event.time),
    userId !== undefined && html`${say('Person: {id}', { id: userId })}`,
    actor !== undefined && html`${say('Done by: {actor}', { actor })}`,
    reason !== undefined && html`${say('Reason: {reason}', { reason })}`,
    address !== undefined && html`${say('Address: {address}', { address })}`,
    others !== '' && html`${others}`
  ]
  const show = isLinked && userId !== undefined ? [action(personPage(view, userId), say('Show'), say('Show: {name}', { name: userId }))] : []
  return entry(event.type, details.filter((one) => one !== false), show)
}

/** @param hasLinks whether each person is linked to, once */
export function eventList (events: readonly AuditEvent[], view: View, hasLinks: boolean): string {
  const isFirst = (event: AuditEvent): boolean => events.find(({ userId }) => userId === event.userId) === event
  return events.length === 0 ? paragraph(view.say('No events are found.')) : entries(events.map((event) => eventEntry(event, view, hasLinks && isFirst(event))))
}

/** What the list does not have. */
export function eventHints ({ incomplete, lookedBackTo, damaged, compressed = 0 }: AuditPage, view: View): string {
  const { say } = view
  return [
    incomplete === true && lookedBackTo !== undefined && withTime(say('Only a part of the log was looked at, back to {time}.', { time: '{time}' }), Date.parse(lookedBackTo), view),
    damaged > 0 && html`${say('Lines that cannot be read, or were changed: {count}', { count: damaged })}`,
    compressed > 0 && html`${say('Compressed files, which are not read: {count}', { count: compressed })}`
  ].filter((hint) => hint !== false).map((hint) => html`<p class="hint">!${hint}</p>`).join('\n')
}
