import { html } from 'ghtml'
import { form, links } from '../forms.js'
import type { Template, View } from '../view.js'
import { nameOf, type FactorChoice } from './factor-choice.js'
import { codeField, contactField, whatToDo, type Sends } from './fields.js'
import { secondStepPage, type SecondStep } from './second-step.js'

export interface CodeData extends SecondStep {
  factor: FactorChoice
  /** What the message has. */
  sends: Sends
  /** Whether it is on its way. */
  isSent: boolean
  /** Whether the person has to say where codes go. */
  asksForContact: boolean
  /** What the person typed before. */
  contact: string | undefined
}

/** A message is on its way: what to do with it. */
function received ({ factor, sends, asksForContact, problem }: CodeData, view: View): string[] {
  const { say, to } = view
  const place = `/second-factor/${factor.id}`
  const code = codeField({ label: say('Code from the message'), autofocus: true })
  return [
    problem === undefined ? html`<p>${whatToDo(sends, view)}</p>` : '',
    ...(sends === 'link' ? [] : [form({ action: to(place), fields: [code], button: say('Continue') })]),
    form({ action: to(`${place}/resend`), button: say('Send it again'), style: 'secondary' }),
    asksForContact ? links({ href: to(place, { other: '1' }), text: say('Use another number or address') }) : ''
  ]
}

/** A code or a link that goes to a phone or a mailbox: ask for it, then use it. */
export const code: Template<CodeData> = (data, view) => {
  const { factor, sends, isSent, asksForContact, contact } = data
  const { say, to } = view
  const ask = form({
    action: to(`/second-factor/${factor.id}/send`),
    fields: asksForContact ? [contactField({ kind: factor.id === 'sms' ? 'sms' : 'email', value: contact, autofocus: true }, view)] : [],
    button: sends === 'link' ? say('Send the link') : say('Send the code')
  })
  return secondStepPage(data, view, isSent ? received(data, view) : [html`<p>${nameOf(factor, view)}</p>`, ask])
}
