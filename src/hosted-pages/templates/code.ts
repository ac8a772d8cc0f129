import { html } from 'ghtml'
import { alert, field, form, links, notice } from '../forms.js'
import type { Problem } from '../problem.js'
import type { Template, View } from '../view.js'
import { nameOf, type FactorChoice } from './factor-choice.js'

export interface CodeData {
  factor: FactorChoice
  /** Whether a code is on its way. */
  isSent: boolean
  /** Whether the person has to say where codes go. */
  asksForContact: boolean
  /** What the person typed before. */
  contact: string | undefined
  problem: Problem | undefined
  said: string | undefined
  /** Other factors that would do. */
  others: readonly FactorChoice[]
}

function contactField ({ factor: { id }, contact, problem }: CodeData, { say }: View): string {
  const error = problem?.fields.contact
  return id === 'sms'
    ? field({ name: 'contact', label: say('Phone number'), type: 'tel', inputmode: 'tel', autocomplete: 'tel', value: contact, error, autofocus: true, hint: say('With the country code, such as +1 212 555 0123.') })
    : field({ name: 'contact', label: say('E-mail address'), type: 'email', inputmode: 'email', autocomplete: 'email', value: contact, error, autofocus: true })
}

/** A code that goes to a phone or a mailbox: ask for it, then enter it. */
export const code: Template<CodeData> = (data, view) => {
  const { factor, isSent, asksForContact, problem, said, others } = data
  const { say, to } = view
  const place = `/second-factor/${factor.id}`
  const ask = (style: 'primary' | 'secondary'): string => form({ action: to(`${place}/send`), fields: asksForContact ? [contactField(data, view)] : [], button: style === 'primary' ? say('Send the code') : say('Send a new code'), style })
  const enter = form({
    action: to(place),
    fields: [field({ name: 'code', label: say('Code from the message'), inputmode: 'numeric', autocomplete: 'one-time-code', error: problem?.fields.code, maxlength: 32, autofocus: true })],
    button: say('Continue')
  })
  return {
    title: say('Second step'),
    main: html`!${notice(said)}
!${alert(problem)}
<p>${isSent ? say('We have sent you a code. Enter it here.') : nameOf(factor, view)}</p>
!${isSent ? [enter, asksForContact ? links({ href: to(place, { again: '1' }), text: say('Use another number or address') }) : ask('secondary')] : ask('primary')}
!${links(...others.map((other) => ({ href: to(`/second-factor/${other.id}`), text: nameOf(other, view) })))}
!${form({ action: to('/sign-out'), button: say('Sign out'), style: 'link' })}`
  }
}
