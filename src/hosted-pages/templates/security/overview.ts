import { html } from 'ghtml'
import { alert, form, links, notice } from '../../forms.js'
import { withTime } from '../../time.js'
import type { Template, View } from '../../view.js'
import { factorsSection } from './factors.js'
import type { SecurityData } from './data.js'
import { paragraph, section } from './parts.js'
import { browsersSection, sessionsSection } from './places.js'

/** Somebody else may be doing it, so it comes first. */
function recoverySection (recovery: SecurityData['recovery'], view: View): string {
  if (recovery === undefined) return ''
  const { say, to } = view
  const text = say('Somebody has started to recover this account, and can replace its second step from {time} on. If it is not you, stop it now.', { time: '{time}' })
  return section('recovery', say('Somebody is recovering your account'), [
    html`<p class="warning">!${withTime(text, recovery.readyAt, view)}</p>`,
    form({ action: to('/security/recovery/stop'), button: say('Stop this recovery'), style: 'danger' })
  ])
}

function signInSection ({ hasPassword, email }: SecurityData, { say, to }: View): string {
  if (!hasPassword) return ''
  return section('sign-in', say('How you sign in'), [
    email === undefined ? '' : paragraph(say('You sign in with {email}.', { email })),
    links(
      email === undefined ? undefined : { href: to('/security/email'), text: say('Change the e-mail address') },
      { href: to('/security/password'), text: say('Change the password') }
    )
  ])
}

function noticesSection ({ byPhone, about }: SecurityData['notices'], { say }: View): string {
  if (about.length === 0) return ''
  return section('notices', say('Messages about your account'), [
    paragraph(byPhone ? say('You get a text message of this kind:') : say('You get an e-mail of this kind:')),
    html`<ul>!${about.map((subject) => html`<li>${subject}</li>`)}</ul>`,
    paragraph(say('Where a change can be undone, the message has a link for it.'))
  ])
}

/** What a signed-in person sees and changes of the account. */
export const security: Template<SecurityData> = (data, view) => {
  const { say, to, appName } = view
  return {
    title: say('My security'),
    isWide: true,
    main: [
      notice(data.said),
      alert(data.problem),
      recoverySection(data.recovery, view),
      factorsSection(data, view),
      signInSection(data, view),
      sessionsSection(data, view),
      browsersSection(data.browsers, view),
      noticesSection(data.notices, view),
      data.back === undefined ? '' : links({ href: data.back, text: say('Back to {name}', { name: appName }) }),
      form({ action: to('/sign-out'), button: say('Sign out'), style: 'secondary' })
    ].join('\n')
  }
}
