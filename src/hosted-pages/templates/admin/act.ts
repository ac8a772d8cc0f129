import { html } from 'ghtml'
import { alert, field, form, links } from '../../forms.js'
import type { Template } from '../../view.js'
import { paragraph } from '../security/parts.js'
import { ACT_TEXTS, type AdminActData } from './data.js'
import { factorTitle, personPage } from './parts.js'

/** Asks why, before something is done. */
export const adminAct: Template<AdminActData> = ({ problem, act, id, name, item, factor, typed }, view) => {
  const { say, to } = view
  const [title, meaning] = ACT_TEXTS[act]
  return {
    title: say(title),
    main: [
      alert(problem),
      html`<p><strong>${name}</strong></p>`,
      factor === undefined ? '' : paragraph(factorTitle({ factor, name: undefined }, view)),
      paragraph(say(meaning)),
      form({
        action: to(`/admin/${act}`),
        hidden: { id, item },
        fields: [field({ name: 'reason', label: say('Reason'), value: typed, autocomplete: 'off', hint: say('The audit log keeps it, with your id.'), error: problem?.fields.reason, maxlength: 512, autofocus: true })],
        button: say(title),
        style: act === 'delete' || act === 'reset-factor' ? 'danger' : 'primary'
      }),
      links({ href: personPage(view, id), text: say('Back to this person') })
    ].join('\n')
  }
}
