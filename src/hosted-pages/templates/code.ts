import { html } from 'ghtml'
import { field, form, links } from '../forms.js'
import type { Template, View } from '../view.js'
import { nameOf, type FactorChoice } from './factor-choice.js'
import { secondStepPage, type SecondStep } from './second-step.js'

export interface CodeData extends SecondStep {
  factor: FactorChoice
  /** What the message has. */
  sends: 'code' | 'link' | 'both'
  /** Whether it is on its way. */
  isSent: boolean
  /** Whether the person has to say where codes go. */
  asksForContact: boolean
  /** What the person typed before. */
  contact: string | undefined
}

function contactField ({ factor: { id }, contact }: CodeData, { say }: View): string {
  return id === 'sms'
    ? field({ name: 'contact', label: say('Phone number'), type: 'tel', inputmode: 'tel', autocomplete: 'tel', value: contact, autofocus: true, hint: say('With the country code, such as +1 212 555 0123.') })
    : field({ name: 'contact', label: say('E-mail address'), type: 'email', inputmode: 'email', autocomplete: 'email', value: contact, autofocus: true })
}

/** A message is on its way: what to do with it. */
function received ({ factor, sends, asksForContact, problem }: CodeData, { say, to }: View): string[] {
  const place = `/second-factor/${factor.id}`
  const text = { code: say('We have sent you a code. Enter it here.'), link: say('We have sent you a link. Open it in this browser.'), both: say('We have sent you a code and a link. Enter the code here, or open the link in this browser.') }[sends]
  const code = field({ name: 'code', label: say('Code from the message'), inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 32, autofocus: true })
  return [
    problem === undefined ? html`<p>${text}</p>` : '',
    ...(sends === 'link' ? [] : [form({ action: to(place), fields: [code], button: say('Continue') })]),
    form({ action: to(`${place}/resend`), button: say('Send it again'), style: 'secondary' }),
    asksForContact ? links({ href: to(place, { other: '1' }), text: say('Use another number or address') }) : ''
  ]
}

/** A code or a link that goes to a phone or a mailbox: ask for it, then use it. */
export const code: Template<CodeData> = (data, view) => {
  const { factor, sends, isSent, asksForContact } = data
  const { say, to } = view
  const ask = form({
    action: to(`/second-factor/${factor.id}/send`),
    fields: asksForContact ? [contactField(data, view)] : [],
    button: sends === 'link' ? say('Send the link') : say('Send the code')
  })
  return secondStepPage(data, view, isSent ? received(data, view) : [html`<p>${nameOf(factor, view)}</p>`, ask])
}
