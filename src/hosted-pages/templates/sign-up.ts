import { alert, form, links } from '../forms.js'
import type { Problem } from '../problem.js'
import type { Template } from '../view.js'
import { loginField, newPasswordField } from './fields.js'

export interface SignUpData {
  byPhone: boolean
  login: string | undefined
  problem: Problem | undefined
  /** Least length of a password, in characters. */
  shortest: number
}

/** A new account. */
export const signUp: Template<SignUpData> = ({ byPhone, login, problem, shortest }, view) => {
  const { say, to } = view
  const wrongFields = problem?.fields ?? {}
  return {
    title: say('Create an account'),
    main: [
      alert(problem),
      form({
        action: to('/sign-up'),
        fields: [
          loginField({ byPhone, value: login, error: wrongFields.email, autofocus: login === undefined || wrongFields.email !== undefined }, view),
          newPasswordField({ name: 'password', label: say('Password'), shortest, error: wrongFields.password, autofocus: login !== undefined && wrongFields.email === undefined }, view)
        ],
        button: say('Create an account')
      }),
      links({ href: to(''), text: say('I have an account') })
    ].join('\n')
  }
}
