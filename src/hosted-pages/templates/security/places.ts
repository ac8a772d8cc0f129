import { html } from 'ghtml'
import { form } from '../../forms.js'
import { timeText, withTime } from '../../time.js'
import type { View } from '../../view.js'
import { nameOf } from '../factor-choice.js'
import type { BrowserEntry, SecurityData, SessionEntry } from './data.js'
import { entries, entry, paragraph, section } from './parts.js'

function browserOf ({ browser, system }: SessionEntry, { say }: View): string {
  if (browser === undefined) return system ?? say('An unknown browser')
  return system === undefined ? browser : say('{browser} on {system}', { browser, system })
}

function sessionEntry (session: SessionEntry, view: View): string {
  const { say, to } = view
  const { id, isCurrent, startedAt, lastUsedAt, passed } = session
  const title = browserOf(session, view)
  const factors = passed.map((factor) => nameOf({ id: factor, contact: undefined }, view)).join(', ')
  const details = [
    isCurrent && html`<strong>${say('You are here now.')}</strong>`,
    withTime(say('Signed in on {time}.', { time: '{time}' }), startedAt, view),
    lastUsedAt !== undefined && withTime(say('Last used on {time}.', { time: '{time}' }), lastUsedAt, view),
    html`${passed.length === 0 ? say('Without a second step') : say('Second step: {factors}', { factors })}`
  ]
  const end = form({
    action: to('/security/sessions/end'),
    hidden: { id },
    button: say('Sign out'),
    label: say('Sign out: {name}', { name: `${title}, ${timeText(startedAt, view)}` }),
    style: 'link'
  })
  return entry(title, details.filter((one) => one !== false), isCurrent ? [] : [end])
}

/** Where the person is signed in. */
export function sessionsSection ({ sessions, sessionCount }: SecurityData, view: View): string {
  const { say, to } = view
  const more = sessionCount - sessions.length
  return section('sessions', say('Where you are signed in'), [
    entries(sessions.map((session) => sessionEntry(session, view))),
    more > 0 ? paragraph(say('Not shown: {count}', { count: more })) : '',
    sessionCount > 1 ? form({ action: to('/security/sessions/end-others'), button: say('Sign out everywhere else'), style: 'secondary' }) : ''
  ])
}

function browserEntry ({ id, name, addedAt, expiresAt }: BrowserEntry, view: View): string {
  const { say, to } = view
  return entry(name, [
    withTime(say('Added on {time}.', { time: '{time}' }), addedAt, view),
    withTime(say('Known until {time}.', { time: '{time}' }), expiresAt, view)
  ], [form({ action: to('/security/browsers/end'), hidden: { id }, button: say('Forget'), label: say('Forget: {name}', { name: `${name}, ${timeText(addedAt, view)}` }), style: 'link' })])
}

/** Browsers that are known, where they can be. */
export function browsersSection (browsers: readonly BrowserEntry[] | undefined, view: View): string {
  if (browsers === undefined) return ''
  const { say } = view
  return section('browsers', say('Known browsers'), [
    paragraph(browsers.length === 0 ? say('No browser is known.') : say('These browsers are not asked for the second step where little is at stake. If you forget one, you are signed out everywhere else.')),
    entries(browsers.map((browser) => browserEntry(browser, view)))
  ])
}
