import { html } from 'ghtml'
import { form } from '../forms.js'
import type { Template } from '../view.js'

export interface RecoveryCodesData {
  codes: readonly string[]
  /** Page that hears that they are kept, below the pages. */
  kept: string
}

/** New recovery codes. They cannot be shown again. */
export const recoveryCodes: Template<RecoveryCodesData> = ({ codes, kept }, { say, to }) => ({
  title: say('Your recovery codes'),
  main: html`<p>${say('With one of these codes you get in if you lose your second step. Each works once. Save or print them now: they are not shown again.')}</p>
<ul class="codes">!${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<p>${say('Do not keep them together with your password.')}</p>
!${form({ action: to(kept), button: say('I have saved them') })}`
})
