import { html } from 'ghtml'
import type { RecoveryView } from '../../account/recovery.js'
import { alert, field, form, links } from '../forms.js'
import type { Problem } from '../problem.js'
import { timeText } from '../time.js'
import type { Template, View } from '../view.js'

export interface RecoverData {
  recovery: RecoveryView
  /** Whether a code is on its way. */
  isSent: boolean
  problem: Problem | undefined
}

/** What is to be known in each phase. */
function textOf ({ phase, readyAt = 0, lapsesAt = 0, pausedUntil }: RecoveryView, view: View): string {
  const { say } = view
  const time = (at: number): string => timeText(at, view)
  if (pausedUntil !== undefined) return say('A recovery of this account was stopped. You can start another one after {time}.', { time: time(pausedUntil) })
  if (phase === 'waiting') return say('Your recovery has started. Sign in again after {time} to finish it. Until then we tell you of it on every channel, so that nobody else can do this in your place.', { time: time(readyAt) })
  if (phase === 'ready') return say('The waiting time is over. Prove once more that the mailbox is yours, and set up a new second step. You have time until {time}.', { time: time(lapsesAt) })
  return say('If you have lost your second step, you get in with your password and your mailbox, after a waiting time. We send a code to your mail address first.')
}

/** The way back in for whoever has lost every second factor. */
export const recover: Template<RecoverData> = ({ recovery, isSent, problem }, view) => {
  const { say, to } = view
  const goesOn = recovery.phase !== 'waiting' && recovery.pausedUntil === undefined
  const enter = form({
    action: to('/recover', { sent: '1' }),
    fields: [field({ name: 'code', label: say('Code from the message'), inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 32, autofocus: true })],
    button: say('Continue')
  })
  return {
    title: say('Recover your account'),
    main: html`!${alert(problem)}
<p>${isSent && goesOn ? say('We have sent you a code. Enter it here.') : textOf(recovery, view)}</p>
!${isSent && goesOn ? enter : ''}
!${goesOn ? form({ action: to('/recover/send'), button: isSent ? say('Send a new code') : say('Send the code'), style: isSent ? 'secondary' : 'primary' }) : ''}
!${links({ href: to('/second-factor'), text: say('I have found my second step') })}
!${form({ action: to('/sign-out'), button: say('Sign out'), style: 'link' })}`
  }
}
