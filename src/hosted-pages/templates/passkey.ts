import { html } from 'ghtml'
import { passkeyForm } from '../passkey-form.js'
import type { Template } from '../view.js'
import { secondStepPage, type SecondStep } from './second-step.js'

export interface PasskeyData extends SecondStep {
  /** Whether there is one, or it is to be set up. */
  isSetUp: boolean
}

/** A passkey: the browser opens a window of its own. */
export const passkey: Template<PasskeyData> = (data, view) => {
  const { say, to } = view
  const place = data.isSetUp ? '/second-factor/passkey' : '/second-factor/passkey/set-up'
  const text = data.isSetUp ? say('Your device asks for your finger, your face or a PIN.') : say('A passkey is kept by your device. It asks for your finger, your face or a PIN.')
  return secondStepPage(data, view, [
    html`<p>${text}</p>`,
    passkeyForm({ action: to(place), options: to(`${place}/options`), purpose: data.isSetUp ? 'get' : 'create', button: data.isSetUp ? say('Use a passkey') : say('Set up a passkey') }, view)
  ], { scripts: ['passkey.js'] })
}
