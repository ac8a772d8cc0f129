import { alert, field, form, links } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template, View } from '../../view.js'
import { ADD, backLink, CHANGE, paragraph, PLACES } from './parts.js'

export interface SecurityContactData {
  kind: 'sms' | 'email'
  /** Where codes go now, masked as everywhere; undefined where none do. */
  current: string | undefined
  /** Where they can only go to; undefined where the person chooses. */
  fixed: string | undefined
  /** What the message has. */
  sends: 'code' | 'link' | 'both'
  /** Whether it is on its way. */
  isSent: boolean
  /** What the person typed before. */
  typed: string | undefined
  problem: Problem | undefined
}

function contactField ({ kind, current, typed, problem }: SecurityContactData, { say }: View): string {
  const error = problem?.fields.contact
  const shared = { name: 'contact', value: typed, error, autofocus: true }
  return kind === 'sms'
    ? field({ ...shared, label: current === undefined ? say('Phone number') : say('New phone number'), type: 'tel', inputmode: 'tel', autocomplete: 'tel', hint: say('With the country code, such as +1 212 555 0123.') })
    : field({ ...shared, label: current === undefined ? say('E-mail address') : say('New e-mail address'), type: 'email', inputmode: 'email', autocomplete: 'email' })
}

function ask (data: SecurityContactData, view: View): string {
  const { kind, current, fixed, sends } = data
  const { say, to } = view
  return [
    current === undefined ? '' : paragraph(say('Codes go to {contact} now.', { contact: current })),
    fixed === undefined ? '' : paragraph(say('Codes will go to {contact}.', { contact: fixed })),
    paragraph(say('You will be signed out everywhere else.')),
    form({ action: to(PLACES[kind]), fields: fixed === undefined ? [contactField(data, view)] : [], button: sends === 'link' ? say('Send the link') : say('Send the code') })
  ].join('\n')
}

function enter ({ kind, sends, problem }: SecurityContactData, { say, to }: View): string {
  const text = { code: say('We have sent you a code. Enter it here.'), link: say('We have sent you a link. Open it in this browser.'), both: say('We have sent you a code and a link. Enter the code here, or open the link in this browser.') }[sends]
  return [
    paragraph(text),
    sends === 'link'
      ? ''
      : form({
        action: to(`${PLACES[kind]}/code`),
        fields: [field({ name: 'code', label: say('Code from the message'), inputmode: 'numeric', autocomplete: 'one-time-code', error: problem?.fields.code, maxlength: 1024, autofocus: true })],
        button: say('Continue')
      }),
    links({ href: to(PLACES[kind], { other: '1' }), text: say('Send a new code, or use another number or address') })
  ].join('\n')
}

/** Another phone or address for codes, or the first one. */
export const securityContact: Template<SecurityContactData> = (data, view) => {
  const { kind, current, isSent, problem } = data
  return {
    title: view.say(current === undefined ? ADD[kind] : CHANGE[kind]),
    main: [alert(problem), isSent ? enter(data, view) : ask(data, view), backLink(view)].join('\n')
  }
}
