import { html } from 'ghtml'
import { alert, form, links, notice } from '../forms.js'
import type { Problem } from '../problem.js'
import type { Template } from '../view.js'

export interface VerifyEmailData {
  /** Whether the person has just asked for another mail. */
  isSent: boolean
  problem: Problem | undefined
}

/** The address has to be confirmed before anything else. */
export const verifyEmail: Template<VerifyEmailData> = ({ isSent, problem }, { say, to }) => ({
  title: say('Confirm your address'),
  main: html`!${notice(isSent ? say('We have sent it again.') : undefined)}
!${alert(problem)}
<p>${say('We have sent a mail with a link to your address. Open the link in this browser.')}</p>
!${form({ action: to('/verify-email'), button: say('Send it again'), style: 'secondary' })}
!${links({ href: to(''), text: say('Continue') })}
!${form({ action: to('/sign-out'), button: say('Sign out'), style: 'link' })}`
})

export interface ConfirmEmailData {
  /** Of the link; undefined where it is of no more use. */
  token: string | undefined
  problem: Problem | undefined
}

/** The page of the link. Opening it confirms nothing, since programs that look at mails open links, too. */
export const confirmEmail: Template<ConfirmEmailData> = ({ token, problem }, { say, to }) => ({
  title: say('Confirm your address'),
  main: html`!${alert(problem)}
!${token === undefined ? '' : form({ action: to('/verify-email/confirm'), hidden: { token }, button: say('Confirm the address') })}
!${token === undefined ? links({ href: to(''), text: say('Continue') }) : ''}`
})
