import { html } from 'ghtml'
import type { View } from './view.js'

interface PasskeyForm {
  /** Page that gets the credential, as JSON in the field `credential`. */
  action: string
  /** Address that the script asks for options, by POST. */
  options: string
  purpose: 'get' | 'create'
  button: string
  style?: 'primary' | 'secondary'
  /** What the person calls a new one. HTML of a field. */
  name?: string
  /** Whether browsers offer passkeys in the field for the login, too. */
  autofill?: boolean
}

/**
 * A form whose answer comes out of a window of the browser. `passkey.js` opens it; its page has to load that
 * (`Content.scripts`). Without scripts, the button is not there.
 */
export function passkeyForm ({ action, options, purpose, button, style = 'primary', name = '', autofill = false }: PasskeyForm, { say }: View): string {
  return html`<form method="post" action="${action}" data-passkey="${purpose}" data-options="${options}"!${autofill ? ' data-autofill="true"' : ''}
data-cancelled="${say('The window was closed, or your device has no passkey for this. Please try again, or choose another way.')}"
data-failed="${say('Something went wrong. Please try again.')}" hidden>
<input type="hidden" name="credential">
!${name}
<p role="alert" class="alert" hidden></p>
<button class="${style}">${button}</button>
</form>
<noscript><p>${say('Passkeys need JavaScript, which is off in this browser. Please choose another way.')}</p></noscript>`
}
