import { html } from 'ghtml'
import { links } from '../../forms.js'
import { withTime } from '../../time.js'
import type { View } from '../../view.js'
import type { Enrolment, SecurityData } from './data.js'
import { action, ADD, CHANGE, entries, entry, pageOf, paragraph, PLACES, removalOf, section, titleOf } from './parts.js'

function enrolmentEntry (enrolment: Enrolment, view: View): string {
  const { say, to } = view
  const { kind, createdAt, lastUsedAt, isRemovable } = enrolment
  const title = titleOf(enrolment, view)
  const details = [
    createdAt !== undefined && withTime(say('Added on {time}.', { time: '{time}' }), createdAt, view),
    lastUsedAt !== undefined && withTime(say('Last used on {time}.', { time: '{time}' }), lastUsedAt, view)
  ]
  const actions = [
    (kind === 'sms' || kind === 'email') && action(to(PLACES[kind]), say('Change'), say(CHANGE[kind])),
    (kind === 'totp' || kind === 'passkey') && action(pageOf(enrolment, 'rename', view), say('Rename'), say('Rename: {name}', { name: title })),
    isRemovable && action(pageOf(enrolment, 'remove', view), say('Remove'), removalOf(enrolment, view))
  ]
  return entry(title, details.filter((one) => one !== false), actions.filter((one) => one !== false))
}

function codesEntry (count: number, { say, to }: View): string {
  return entry(say('Recovery codes'), [html`${count === 0 ? say('You have none left.') : say('Left: {count}', { count })}`], [
    action(to('/security/recovery-codes'), say('Make new recovery codes'))
  ])
}

/** The second factors of the account. */
export function factorsSection ({ enrolments, own, addable, recoveryCodes }: SecurityData, view: View): string {
  const { say, to } = view
  const isWithout = enrolments.length + own.length === 0
  return section('factors', say('Second step'), [
    isWithout ? paragraph(say('You have no second step yet. With one, your password alone opens nothing.')) : '',
    entries([
      ...enrolments.map((enrolment) => enrolmentEntry(enrolment, view)),
      ...own.map((id) => entry(id, [], [])),
      ...(recoveryCodes === undefined || isWithout ? [] : [codesEntry(recoveryCodes, view)])
    ]),
    links(...addable.map((kind) => ({ href: to(kind === 'sms' || kind === 'email' ? PLACES[kind] : `${PLACES[kind]}/add`), text: say(ADD[kind]) })))
  ])
}
