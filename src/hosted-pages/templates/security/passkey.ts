import { alert } from '../../forms.js'
import { passkeyForm } from '../../passkey-form.js'
import type { Problem } from '../../problem.js'
import type { Template } from '../../view.js'
import { backLink, nameField, paragraph } from './parts.js'

export interface SecurityPasskeyData {
  problem: Problem | undefined
}

/** Another passkey. The window of the browser needs a script. */
export const securityPasskey: Template<SecurityPasskeyData> = ({ problem }, view) => {
  const { say, to } = view
  return {
    title: say('Add a passkey'),
    scripts: ['passkey.js'],
    main: [
      alert(problem),
      paragraph(say('A passkey is kept by your device. It asks for your finger, your face or a PIN.')),
      passkeyForm({
        action: to('/security/passkeys/add'),
        options: to('/security/passkeys/options'),
        purpose: 'create',
        button: say('Set up a passkey'),
        name: nameField(say('Name of the passkey'), undefined, problem, view)
      }, view),
      backLink(view)
    ].join('\n')
  }
}
