import { alert, field, form } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template } from '../../view.js'
import { backLink, paragraph } from './parts.js'

export interface SecurityEmailData {
  /** The address that the account signs in with now. */
  current: string
  /** Whether the password has to be typed: there is no second factor that could have just passed. */
  asksForPassword: boolean
  /** What the person typed before. */
  typed: string | undefined
  problem: Problem | undefined
}

/** Another address to sign in with. */
export const securityEmail: Template<SecurityEmailData> = ({ current, asksForPassword, typed, problem }, view) => {
  const { say, to } = view
  const wrongFields = problem?.fields ?? {}
  return {
    title: say('Change the e-mail address'),
    main: [
      alert(problem),
      paragraph(say('You sign in with {email}.', { email: current })),
      paragraph(say('We send a link to the new address. It counts once you have opened the link in this browser.')),
      form({
        action: to('/security/email'),
        fields: [
          field({ name: 'email', label: say('New e-mail address'), type: 'email', inputmode: 'email', autocomplete: 'email', value: typed, error: wrongFields.email, autofocus: true }),
          ...(asksForPassword ? [field({ name: 'password', label: say('Password'), type: 'password', autocomplete: 'current-password', error: wrongFields.password, maxlength: 1000 })] : [])
        ],
        button: say('Send the link')
      }),
      backLink(view)
    ].join('\n')
  }
}
