import { alert, field, form } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template } from '../../view.js'
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
      paragraph(say('You will be signed out everywhere else.')),
      form({
        action: to('/security/password'),
        fields: [
          field({ name: 'oldPassword', label: say('Current password'), type: 'password', autocomplete: 'current-password', error: problem?.fields.oldPassword, maxlength: 1000, autofocus: true }),
          field({
            name: 'newPassword',
            label: say('New password'),
            type: 'password',
            autocomplete: 'new-password',
            hint: say('At least {count} characters. Several words are easy to remember.', { count: shortest }),
            error: problem?.fields.newPassword,
            maxlength: 1000
          })
        ],
        button: say('Change the password')
      }),
      backLink(view)
    ].join('\n')
  }
}
