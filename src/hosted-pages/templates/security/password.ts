import { alert, field, form } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template } from '../../view.js'
import { newPasswordField } from '../fields.js'
import { backLink, paragraph } from './parts.js'

export interface SecurityPasswordData {
  problem: Problem | undefined
  /** Least length of a password, in characters. */
  shortest: number
}

/** Another password, by whoever knows the present one. */
export const securityPassword: Template<SecurityPasswordData> = ({ problem, shortest }, view) => {
  const { say, to } = view
  return {
    title: say('Change the password'),
    main: [
      alert(problem),
      paragraph(say('This signs you out everywhere else.')),
      form({
        action: to('/security/password'),
        fields: [
          field({ name: 'oldPassword', label: say('Current password'), type: 'password', autocomplete: 'current-password', error: problem?.fields.oldPassword, maxlength: 1000, autofocus: true }),
          newPasswordField({ name: 'newPassword', label: say('New password'), shortest, error: problem?.fields.newPassword }, view)
        ],
        button: say('Change the password')
      }),
      backLink(view)
    ].join('\n')
  }
}
