import { html } from 'ghtml'
import type { Template } from '../view.js'

export interface LinkData {
  preAuthSessionId: string
}

/** The page of a link that is a second step. `link.js` sends what is in its fragment. */
export const link: Template<LinkData> = ({ preAuthSessionId }, { say, to }) => ({
  title: say('Second step'),
  scripts: ['link.js'],
  main: html`<form method="post" action="${to('/verify')}" data-link hidden>
<input type="hidden" name="preAuthSessionId" value="${preAuthSessionId}">
<input type="hidden" name="linkCode">
<button class="primary">${say('Continue')}</button>
</form>
<noscript><p>${say('Links need JavaScript, which is off in this browser. If the mail has a code, enter that where you are signing in.')}</p></noscript>`
})
