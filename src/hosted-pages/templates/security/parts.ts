import { html } from 'ghtml'
import { field, links } from '../../forms.js'
import type { Problem } from '../../problem.js'
import { timeText } from '../../time.js'
import type { View } from '../../view.js'
import type { Enrolment, FactorKind } from './data.js'

/** Where the pages of a factor are. */
export const PLACES: Record<FactorKind, string> = { sms: '/security/phone', email: '/security/email-factor', totp: '/security/apps', passkey: '/security/passkeys' }

/** What an enrolment is called. */
export function titleOf ({ kind, name = '', createdAt }: Enrolment, view: View): string {
  const { say } = view
  switch (kind) {
    case 'sms': return say('A code by text message to {contact}', { contact: name })
    case 'email': return say('A code by e-mail to {contact}', { contact: name })
    case 'totp': return say('The app {name}', { name })
    case 'passkey': return say('The passkey {name}', { name: name === '' && createdAt !== undefined ? timeText(createdAt, view) : name })
  }
}

/** What removing it is called. */
export function removalOf (enrolment: Enrolment, view: View): string {
  const { say } = view
  switch (enrolment.kind) {
    case 'sms': return say('Remove codes by text message')
    case 'email': return say('Remove codes by e-mail')
    case 'totp':
    case 'passkey': return say('Remove: {name}', { name: titleOf(enrolment, view) })
  }
}

/** Address of a page about one enrolment. */
export const pageOf = ({ kind, id }: Enrolment, action: 'remove' | 'rename', { to }: View): string => to(`${PLACES[kind]}/${action}`, { id })

export const ADD = { sms: 'Add a phone number', email: 'Add an e-mail address', totp: 'Add an authenticator app', passkey: 'Add a passkey' } as const
export const CHANGE = { sms: 'Change the phone number', email: 'Change the address for codes' } as const

/** A link beside what it is about. Its label says what that is, for whoever hears the links alone. */
export function action (href: string, text: string, label?: string): string {
  return html`<a href="${href}"!${label === undefined ? '' : html` aria-label="${label}"`}>${text}</a>`
}

/** One thing of a list, with what can be done about it. `details` and `actions` are HTML. */
export function entry (title: string, details: readonly string[], actions: readonly string[]): string {
  return html`<li><strong>${title}</strong>
!${details.map((detail) => html`<p class="hint">!${detail}</p>`)}
!${actions.length === 0 ? '' : html`<div class="actions">!${actions.join(' ')}</div>`}</li>`
}

/** A list of entries. A list without bullets stays a list for screen readers (https://bugs.webkit.org/show_bug.cgi?id=170179). */
export const entries = (items: readonly string[]): string => items.length === 0 ? '' : html`<ul class="entries" role="list">!${items}</ul>`

/** A part of the overview. `parts` is HTML. */
export function section (id: string, title: string, parts: readonly string[]): string {
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
!${parts}
</section>`
}

export const paragraph = (text: string): string => html`<p>${text}</p>`

/** What the person calls something, so that several can be told apart. */
export const nameField = (label: string, value: string | undefined, problem: Problem | undefined, { say }: View): string => field({
  name: 'name',
  label,
  value,
  autocomplete: 'off',
  hint: say('So that you recognise it later. You can leave it empty.'),
  error: problem?.fields.name,
  maxlength: 64,
  required: false
})

/** Ends every page below the overview. */
export const backLink = ({ say, to }: View): string => links({ href: to('/security'), text: say('Back to my security') })
