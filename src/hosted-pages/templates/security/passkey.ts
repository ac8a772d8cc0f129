import { html } from 'ghtml'
import { alert, field, form, links } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template, View } from '../../view.js'
import { backLink, paragraph } from './parts.js'

export interface SecurityPasskeyData {
  /** What the person typed before. */
  typed: string | undefined
  /** What the browser makes one from, as JSON (`parseCreationOptionsFromJSON`); undefined before it has a name. */
  options: object | undefined
  problem: Problem | undefined
}

/** The script asks the browser when the button is pressed: browsers do so only then. */
function create (options: object, { say, to }: View): string {
  return html`<p>${say('Your device asks for your finger, your face or your PIN, or for a security key.')}</p>
<noscript><p class="alert">${say('Passkeys need JavaScript. Please allow it for this page.')}</p></noscript>
<p role="alert" class="alert" hidden data-failed="${say('This was cancelled, or took too long. Please try again.')}" data-known="${say('This device has a passkey of your account already.')}" data-unsupported="${say('This browser knows no passkeys. Please try another one.')}"></p>
<form method="post" action="${to('/security/passkeys/create')}" data-passkey-options="${JSON.stringify(options)}">
<input type="hidden" name="credential">
<button class="primary">${say('Create the passkey')}</button>
</form>
!${links({ href: to('/security/passkeys/add'), text: say('Start again') })}`
}

/** A passkey: its name, then the browser makes it. */
export const securityPasskey: Template<SecurityPasskeyData> = ({ typed, options, problem }, view) => {
  const { say, to } = view
  const name = field({
    name: 'name',
    label: say('Name of the passkey'),
    value: typed,
    autocomplete: 'off',
    hint: say('So that you recognise it later. You can leave it empty.'),
    error: problem?.fields.name,
    maxlength: 64,
    required: false,
    autofocus: true
  })
  return {
    title: say('Add a passkey'),
    scripts: options === undefined ? [] : ['passkey-setup.js'],
    main: [
      alert(problem),
      options === undefined
        ? paragraph(say('With a passkey, no page that looks like this one gets your second step.')) + form({ action: to('/security/passkeys/add'), fields: [name], button: say('Continue') })
        : create(options, view),
      backLink(view)
    ].join('\n')
  }
}
