import { html } from 'ghtml'
import { alert, links, notice } from '../../forms.js'
import { timeText, withTime } from '../../time.js'
import type { Template, View } from '../../view.js'
import { nameOf as factorName } from '../factor-choice.js'
import { action, entries, entry, paragraph, section } from '../security/parts.js'
import { ACT_TEXTS, type AdminAct, type AdminFactor, type AdminPersonData, type AdminSession } from './data.js'
import { eventHints, eventList } from './events.js'
import { backToSearch, factorTitle, sessionTitle } from './parts.js'

const actPage = ({ to }: View, act: AdminAct, id: string, item?: string): string => to(`/admin/${act}`, { id, item })

function factorEntry (factor: AdminFactor, { id, acts, factors }: AdminPersonData, view: View): string {
  const { say } = view
  const { since, lastUse, left, isBroken } = factor
  const title = factorTitle(factor, view)
  const details = [
    isBroken && html`${say('Nobody can use it until it is reset.')}`,
    since !== undefined && withTime(say('Added on {time}.', { time: '{time}' }), since, view),
    lastUse !== undefined && withTime(say('Last used on {time}.', { time: '{time}' }), lastUse, view),
    left !== undefined && html`${left === 0 ? say('None are left.') : say('Left: {count}', { count: left })}`
  ]
  // All of a kind go together, so the first of them has the link.
  const isFirst = factors.find((one) => one.factor === factor.factor) === factor
  const reset = action(actPage(view, 'reset-factor', id, factor.factor), say('Reset'), say('Reset: {name}', { name: title }))
  return entry(title, details.filter((one) => one !== false), isFirst && acts.includes('reset-factor') ? [reset] : [])
}

function factorsSection (data: AdminPersonData, view: View): string {
  const { say } = view
  return section('factors', say('Second factor'), [
    data.lockedAt === undefined ? '' : html`<p class="warning">!${withTime(say('Locked since {time}.', { time: '{time}' }), data.lockedAt, view)}</p>`,
    data.recoveryReadyAt === undefined ? '' : html`<p class="warning">!${withTime(say('A recovery is under way. It can be finished from {time} on.', { time: '{time}' }), data.recoveryReadyAt, view)}</p>`,
    data.factors.length === 0 ? paragraph(say('Without a second factor')) : entries(data.factors.map((factor) => factorEntry(factor, data, view)))
  ])
}

function sessionEntry (session: AdminSession, { id, acts }: AdminPersonData, view: View): string {
  const { say } = view
  const title = sessionTitle(session, view)
  const factors = session.passed.map((factor) => factorName({ id: factor, contact: undefined }, view)).join(', ')
  const details = [
    withTime(say('Signed in on {time}.', { time: '{time}' }), session.startedAt, view),
    session.lastUsedAt !== undefined && withTime(say('Last used on {time}.', { time: '{time}' }), session.lastUsedAt, view),
    html`${factors === '' ? say('Without a second factor') : say('Second factor: {factors}', { factors })}`
  ]
  const end = action(actPage(view, 'end-session', id, session.handle), say('End'), say('End: {name}', { name: `${title}, ${timeText(session.startedAt, view)}` }))
  return entry(title, details.filter((one) => one !== false), acts.includes('end-session') ? [end] : [])
}

function sessionsSection (data: AdminPersonData, view: View): string {
  const { say } = view
  const more = data.sessionCount - data.sessions.length
  return section('sessions', say('Sessions'), [
    data.sessions.length === 0 ? paragraph(say('There are none.')) : entries(data.sessions.map((session) => sessionEntry(session, data, view))),
    more > 0 ? paragraph(say('Not shown: {count}', { count: more })) : ''
  ])
}

/** The newest events. Those of other replicas are in their own files. */
function auditSection ({ id, audit }: AdminPersonData, view: View): string {
  const { say, to } = view
  if (audit === 'not-kept') return html`<p class="hint">${say('What was done to this account is in the audit log of the service, under its id.')}</p>`
  if (audit === 'away') return section('audit', say('Audit log'), [paragraph(say('The audit log cannot be shown at the moment.'))])
  return section('audit', say('Audit log'), [
    html`<p class="hint">${say('What this replica of the service has written, newest first.')}</p>`,
    eventList(audit.events, view, false),
    eventHints(audit, view),
    links({ href: to('/admin/audit', { userId: id }), text: say('All events of this person') })
  ])
}

/** What is about the person as a whole. */
const OF_PERSON = ['unlock', 'end-sessions', 'start-recovery', 'stop-recovery', 'force-password-change', 'delete'] as const satisfies readonly AdminAct[]

/** All that there is of one person, with links to what can be done. */
export const adminPerson: Template<AdminPersonData> = (data, view) => {
  const { say } = view
  const { id, logins, joinedAt, roles, acts } = data
  return {
    title: logins.join(', ') || id,
    isWide: true,
    main: [
      notice(data.said),
      alert(data.problem),
      data.isBeingDeleted ? html`<p class="warning">${say('This account is being deleted. Delete it once more to finish.')}</p>` : '',
      data.mustChangePassword ? html`<p class="warning">${say('A new password has to be chosen.')}</p>` : '',
      paragraph(say('Id: {id}', { id })),
      html`<p>!${withTime(say('Signed up on {time}.', { time: '{time}' }), joinedAt, view)}</p>`,
      paragraph(roles.length === 0 ? say('No roles') : say('Roles: {roles}', { roles: roles.join(', ') })),
      factorsSection(data, view),
      sessionsSection(data, view),
      acts.length === 0
        ? ''
        : section('acts', say('What you can do'), [links(...OF_PERSON.filter((act) => acts.includes(act)).map((act) => ({ href: actPage(view, act, id), text: say(ACT_TEXTS[act][0]) })))]),
      auditSection(data, view),
      backToSearch(view)
    ].join('\n')
  }
}
