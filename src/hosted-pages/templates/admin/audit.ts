import { html } from 'ghtml'
import { EVENT_TYPES } from '../../../audit/event-types.js'
import { type FilterTexts, RESULTS } from '../../../audit/reader/filters.js'
import { alert, field, form, links, select } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template, View } from '../../view.js'
import { paragraph } from '../security/parts.js'
import type { AdminAuditData } from './data.js'
import { eventHints, eventList } from './events.js'
import { backToSearch, personPage } from './parts.js'

const RESULT_TEXTS = { ok: 'Done', failed: 'Failed or refused', warning: 'Worth a look' } as const

const given = (filters: FilterTexts): Record<string, string> => Object.fromEntries(Object.entries(filters).filter((pair): pair is [string, string] => pair[1] !== undefined))

function filterForm (filters: FilterTexts, problem: Problem | undefined, { say, to }: View): string {
  const text = (name: 'userId' | 'actor' | 'requestId', label: string): string => field({ name, label, value: filters[name], autocomplete: 'off', required: false })
  const time = (name: 'since' | 'until', label: string): string => field({ name, label, type: 'datetime-local', value: filters[name], autocomplete: 'off', error: problem?.fields[name], required: false })
  const isOpen = problem !== undefined || Object.keys(given(filters)).length > 0
  return html`<details!${isOpen ? ' open' : ''}><summary>${say('Search the events')}</summary>
!${form({
  action: to('/admin/audit'),
  fields: [
    text('userId', say('Id of the person')),
    select({ name: 'type', label: say('Type of event'), value: filters.type, options: [['', say('All')], ...Object.keys(EVENT_TYPES).map((type) => [type, type] as const)] }),
    select({ name: 'result', label: say('Result'), value: filters.result, options: [['', say('All')], ...RESULTS.map((result) => [result, say(RESULT_TEXTS[result])] as const)] }),
    text('actor', say('Done by')),
    text('requestId', say('Id of the request')),
    time('since', say('From (UTC)')),
    time('until', say('Until (UTC)'))
  ],
  button: say('Search')
})}
</details>`
}

/** The audit log, with a form that is sent: what is typed may be an address, and belongs into that of no page. */
export const adminAudit: Template<AdminAuditData> = ({ problem, filters, found }, view) => {
  const { say, to } = view
  return {
    title: say('Audit log'),
    isWide: true,
    main: [
      alert(problem),
      ...(found === undefined
        ? [paragraph(say('No audit file is kept here. The setting AUDIT_FILE is missing.'))]
        : [
            paragraph(say('What this replica of the service has written, newest first.')),
            filterForm(filters, problem, view),
            eventList(found.events, view, true),
            eventHints(found, view),
            found.next === undefined ? '' : form({ action: to('/admin/audit'), hidden: { ...given(filters), from: found.next }, button: say(found.incomplete === true ? 'Look further back' : 'Older events'), style: 'secondary' })
          ]),
      filters.userId === undefined ? '' : links({ href: personPage(view, filters.userId), text: say('Back to this person') }),
      backToSearch(view)
    ].join('\n')
  }
}
