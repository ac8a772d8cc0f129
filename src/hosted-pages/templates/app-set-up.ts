import { html } from 'ghtml'
import { alert, field, form, links } from '../forms.js'
import type { Problem } from '../problem.js'
import type { Template } from '../view.js'
import { secondStepPage, type SecondStep } from './second-step.js'

/** An authenticator app is to be set up. Its secret is made when the person asks for it. */
export const appStart: Template<SecondStep> = (data, view) => {
  const { say, to } = view
  return secondStepPage(data, view, [
    html`<p>${say('An authenticator app on your phone or computer shows a new code every 30 seconds. Install one, if you have none.')}</p>`,
    form({ action: to('/second-factor/totp/set-up'), button: say('Set up the app') })
  ])
}

export interface AppSetUpData {
  /** What the person types into the app. */
  secret: string
  /** The QR code, as a `data:` address. */
  picture: string
  /** The same as an address, which opens an app on this device. */
  uri: string
  deviceName: string
  /** Page of the form, below the pages. */
  action: string
  problem: Problem | undefined
}

/** The secret of a new app, and its first code. */
export const appSetUp: Template<AppSetUpData> = ({ secret, picture, uri, deviceName, action, problem }, { say, to }) => ({
  title: say('Set up the app'),
  main: html`!${alert(problem)}
<p>${say('Scan this picture with the app.')}</p>
<p><img class="qr" src="${picture}" alt="${say('QR code for the app')}" width="240" height="240"></p>
<p>${say('If you cannot scan it, type this key into the app:')} <code>${secret.replace(/(.{4})(?=.)/g, '$1 ')}</code></p>
!${links({ href: uri, text: say('The app is on this device') })}
!${form({
  action: to(action),
  hidden: { deviceName, uri },
  fields: [field({ name: 'code', label: say('Code from the app'), inputmode: 'numeric', autocomplete: 'one-time-code', error: problem?.fields.code, maxlength: 32 })],
  button: say('Continue')
})}`
})
