import { html } from 'ghtml'
import { alert, field, form, links, notice } from '../forms.js'
import type { Problem } from '../problem.js'
import type { Template } from '../view.js'
import { loginField, newPasswordHint } from './sign-in.js'

export interface ResetPasswordData {
  /** Whether accounts have a phone number in place of an address. */
  byPhone: boolean
  /** What the person typed before. */
  login: string | undefined
  /** Whether a link is on its way, if there is such an account. */
  isSent: boolean
  problem: Problem | undefined
}

/** Asks for a link to choose a new password. */
export const resetPassword: Template<ResetPasswordData> = ({ byPhone, login, isSent, problem }, view) => {
  const { say, to } = view
  return {
    title: say('Choose a new password'),
    main: html`!${notice(isSent ? say('If there is an account, a message with a link is on its way. Open the link to choose a new password.') : undefined)}
!${alert(problem)}
!${isSent ? '' : html`<p>${say('We send you a link with which you choose a new password.')}</p>`}
!${form({
  action: to('/reset-password'),
  fields: [loginField({ byPhone, login, error: problem?.fields.email, autofocus: !isSent }, view)],
  button: isSent ? say('Send it again') : say('Send the link'),
  style: isSent ? 'secondary' : 'primary'
})}
!${links({ href: to(''), text: say('Back to sign-in') })}`
  }
}

export interface NewPasswordData {
  /** Of the link. */
  token: string
  /** Least length of a password, in characters. */
  shortest: number
  problem: Problem | undefined
}

/** The new password. */
export const newPassword: Template<NewPasswordData> = ({ token, shortest, problem }, { say, to }) => ({
  title: say('Choose a new password'),
  main: html`!${alert(problem)}
!${form({
  action: to('/reset-password/choose'),
  hidden: { token },
  fields: [field({ name: 'password', label: say('New password'), type: 'password', autocomplete: 'new-password', hint: newPasswordHint(shortest, say), error: problem?.fields.password, maxlength: 1000, autofocus: true })],
  button: say('Save')
})}`
})
