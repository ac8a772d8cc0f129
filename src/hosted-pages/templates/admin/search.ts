import { html } from 'ghtml'
import { alert, field, form, links, notice } from '../../forms.js'
import { withTime } from '../../time.js'
import type { Template, View } from '../../view.js'
import { action, entries, entry, paragraph } from '../security/parts.js'
import type { AdminData, AdminEntry } from './data.js'
import { personPage } from './parts.js'

function personEntry ({ id, logins, joinedAt }: AdminEntry, view: View): string {
  const { say } = view
  const name = logins.join(', ') || id
  return entry(name, [
    withTime(say('Signed up on {time}.', { time: '{time}' }), joinedAt, view),
    // Masked addresses are alike.
    html`${say('Id: {id}', { id })}`
  ], [action(personPage(view, id), say('Show'), say('Show: {name}', { name: `${name}, ${id}` }))])
}

/** The search for people, and the newest of them. */
export const admin: Template<AdminData> = ({ said, problem, search, findsBeginnings, people, next, isIncomplete }, view) => {
  const { say, to } = view
  return {
    title: say('Administration'),
    isWide: true,
    main: [
      notice(said),
      alert(problem),
      form({
        action: to('/admin'),
        fields: [field({
          name: 'search',
          label: say('E-mail address, phone number or id'),
          value: search,
          autocomplete: 'off',
          hint: findsBeginnings ? say('The beginning is enough.') : say('Please enter all of it.'),
          required: false
        })],
        button: say('Search')
      }),
      people.length === 0 ? paragraph(say('Nobody is found.')) : entries(people.map((person) => personEntry(person, view))),
      isIncomplete ? html`<p class="hint">${say('Not all are shown. Please enter more of the address or number.')}</p>` : '',
      next === undefined ? '' : links({ href: to('/admin', { from: next }), text: say('More people') }),
      links({ href: to('/admin/audit'), text: say('Audit log') })
    ].join('\n')
  }
}
