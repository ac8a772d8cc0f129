import { html } from 'ghtml'
import { alert, field, form, links } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template, View } from '../../view.js'
import { backLink, paragraph } from './parts.js'

export interface SecurityAppData {
  /** What the person typed before. */
  typed: string | undefined
  /** The app that waits for its first code; undefined before there is one. */
  app: {
    name: string
    /** Shown once; undefined when a code is entered once more. */
    shown: { secret: string, qrCodeSvg: string } | undefined
  } | undefined
  problem: Problem | undefined
}

/** In groups of four, as apps show it. They skip the spaces. */
const grouped = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ')

function confirm ({ name, shown }: NonNullable<SecurityAppData['app']>, problem: Problem | undefined, { say, to }: View): string {
  return [
    shown === undefined
      ? paragraph(say('Enter the code that your app shows.'))
      : html`<p>${say('Scan this picture with your app, then enter the code that it shows.')}</p>
<p><img class="qr" src="data:image/svg+xml,${encodeURIComponent(shown.qrCodeSvg)}" alt="${say('Picture to scan')}" width="224" height="224"></p>
<p>${say('Or type this key into the app:')} <code class="secret">${grouped(shown.secret)}</code></p>`,
    form({
      action: to('/security/apps/confirm'),
      hidden: { name },
      fields: [field({ name: 'code', label: say('Code from the app'), inputmode: 'numeric', autocomplete: 'one-time-code', error: problem?.fields.code, autofocus: true })],
      button: say('Continue')
    }),
    links({ href: to('/security/apps/add'), text: say('Start again') })
  ].join('\n')
}

/** An authenticator app: its name, then its picture and its first code. */
export const securityApp: Template<SecurityAppData> = ({ typed, app, problem }, view) => {
  const { say, to } = view
  const name = field({
    name: 'name',
    label: say('Name of the app'),
    value: typed,
    autocomplete: 'off',
    hint: say('So that you recognise it later. You can leave it empty.'),
    error: problem?.fields.name,
    maxlength: 64,
    required: false,
    autofocus: true
  })
  return {
    title: say('Add an authenticator app'),
    main: [
      alert(problem),
      app === undefined ? form({ action: to('/security/apps/add'), fields: [name], button: say('Continue') }) : confirm(app, problem, view),
      backLink(view)
    ].join('\n')
  }
}
