import { html } from 'ghtml'
import { alert, form } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template } from '../../view.js'
import { backLink, paragraph } from './parts.js'

export interface SecurityCodesData {
  /** How many of the present ones are left. */
  left: number
  /** New ones, shown once; undefined before they are made. */
  codes: readonly string[] | undefined
  problem: Problem | undefined
}

/** Codes for whoever has lost the second factor. */
export const securityCodes: Template<SecurityCodesData> = ({ left, codes, problem }, view) => {
  const { say, to } = view
  if (codes !== undefined) {
    return {
      title: say('Your recovery codes'),
      main: html`<p>${say('Print these codes or write them down. They are not shown again.')}</p>
<ul class="codes" role="list">!${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<p>${say('With one of them you get in when you have lost your second step. Each works once. Keep them away from your password.')}</p>
!${form({ action: to('/security/recovery-codes/kept'), button: say('I have kept them') })}`
    }
  }
  return {
    title: say('Recovery codes'),
    main: [
      alert(problem),
      paragraph(say('With one of them you get in when you have lost your second step. Each works once. Keep them away from your password.')),
      left === 0 ? paragraph(say('You have none left.')) : paragraph(say('New codes end the old ones ({count} left), and you are signed out everywhere else.', { count: left })),
      form({ action: to('/security/recovery-codes'), button: say('Make new recovery codes') }),
      backLink(view)
    ].join('\n')
  }
}
