import { alert, form, links, notice } from '../../forms.js'
import type { Problem } from '../../problem.js'
import { withTime } from '../../time.js'
import type { Template, View } from '../../view.js'
import { factorsSection } from './factors.js'
import { paragraph, section, type Enrolment, type FactorKind } from './parts.js'
import { browsersSection, sessionsSection, type BrowserEntry, type SessionEntry } from './places.js'
import { html } from 'ghtml'

export interface SecurityData {
  /** What has just been done. */
  said: string | undefined
  problem: Problem | undefined
  enrolments: readonly Enrolment[]
  /** What can be set up beside them. */
  addable: readonly FactorKind[]
  /** How many recovery codes are left; undefined where there are none. */
  recoveryCodes: number | undefined
  /** Whether the account signs in with a password, and not only with a social login or a passkey. */
  hasPassword: boolean
  /** The address that the account signs in with; undefined where that is a number. */
  email: string | undefined
  /** This one first. */
  sessions: readonly SessionEntry[]
  /** How many there are, also those that are not listed. */
  sessionCount: number
  /** Undefined where browsers do not become known. */
  browsers: readonly BrowserEntry[] | undefined
  /** What the person is told of, and how. */
  notices: { byPhone: boolean, about: readonly string[] }
  /** A recovery of the account that is under way. Milliseconds since 1970. */
  recovery: { readyAt: number } | undefined
  /** Where the person came from. */
  back: string | undefined
}

/** Somebody else may be doing it, so it comes first, as an alert. */
function recoverySection (recovery: SecurityData['recovery'], view: View): string {
  if (recovery === undefined) return ''
  const { say, to } = view
  const text = say('Somebody has started to recover this account, and can replace its second step from {time} on. If it is not you, stop it now.', { time: '{time}' })
  return section('recovery', say('Somebody is recovering your account'), [
    html`<p class="alert">!${withTime(text, recovery.readyAt, view)}</p>`,
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
