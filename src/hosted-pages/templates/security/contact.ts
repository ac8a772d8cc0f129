import { alert, form, links } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template, View } from '../../view.js'
import { codeField, contactField, whatToDo, type Sends } from '../fields.js'
import { ADD, backLink, CHANGE, paragraph, PLACES } from './parts.js'

export interface SecurityContactData {
  kind: 'sms' | 'email'
  /** Where codes go now, masked as everywhere; undefined where none do. */
  current: string | undefined
  /** Where they can only go to; undefined where the person chooses. */
  fixed: string | undefined
  /** What the message has. */
  sends: Sends
  /** Whether it is on its way. */
  isSent: boolean
  /** What the person typed before. */
  typed: string | undefined
  problem: Problem | undefined
}

function ask (data: SecurityContactData, view: View): string {
  const { kind, current, fixed, sends, typed, problem } = data
  const { say, to } = view
  return [
    current === undefined ? '' : paragraph(say('Codes go to {contact} now.', { contact: current })),
    fixed === undefined ? '' : paragraph(say('Codes will go to {contact}.', { contact: fixed })),
    paragraph(say('This signs you out everywhere else.')),
    form({ action: to(PLACES[kind]), fields: fixed === undefined ? [contactField({ kind, isNew: current !== undefined, value: typed, error: problem?.fields.contact, autofocus: true }, view)] : [], button: sends === 'link' ? say('Send the link') : say('Send the code') })
  ].join('\n')
}

function enter ({ kind, sends, problem }: SecurityContactData, view: View): string {
  const { say, to } = view
  return [
    paragraph(whatToDo(sends, view)),
    sends === 'link'
      ? ''
      : form({
        action: to(`${PLACES[kind]}/code`),
        fields: [codeField({ label: say('Code from the message'), error: problem?.fields.code, autofocus: true })],
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
