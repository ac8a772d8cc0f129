import { field, type Field } from '../forms.js'
import type { View } from '../view.js'

/** Fields that several pages have. */

type Given = Pick<Field, 'value' | 'error' | 'autofocus'>

const phone = ({ say }: View) => ({ type: 'tel', inputmode: 'tel', hint: say('With the country code, such as +1 212 555 0123.') } as const)
const email = { type: 'email', inputmode: 'email' } as const

interface LoginField extends Given {
  byPhone: boolean
  /** Whether browsers offer passkeys here. */
  passkey?: boolean
}

/** What an account is found by. Its field has the name of the Frontend Driver Interface. */
export function loginField ({ byPhone, passkey = false, ...given }: LoginField, view: View): string {
  const { say } = view
  return byPhone
    ? field({ ...phone(view), ...given, name: 'email', label: say('Phone number'), autocomplete: 'username tel' })
    : field({ ...email, ...given, name: 'email', label: say('E-mail address'), autocomplete: passkey ? 'username webauthn' : 'username' })
}

interface ContactField extends Given {
  kind: 'sms' | 'email'
  /** Whether codes go elsewhere now. */
  isNew?: boolean
}

/** Where codes go. */
export function contactField ({ kind, isNew = false, ...given }: ContactField, view: View): string {
  const { say } = view
  return kind === 'sms'
    ? field({ ...phone(view), ...given, name: 'contact', label: isNew ? say('New phone number') : say('Phone number'), autocomplete: 'tel' })
    : field({ ...email, ...given, name: 'contact', label: isNew ? say('New e-mail address') : say('E-mail address'), autocomplete: 'email' })
}

/** A password that is to be chosen. */
export function newPasswordField ({ shortest, ...given }: Pick<Field, 'name' | 'label' | 'error' | 'autofocus'> & { shortest: number }, { say }: View): string {
  return field({ ...given, type: 'password', autocomplete: 'new-password', hint: say('At least {count} characters. Several words are easy to remember.', { count: shortest }), maxlength: 1000 })
}

/** A code of digits, from a message or an app. */
export const codeField = (given: Pick<Field, 'label' | 'error' | 'autofocus'>): string =>
  field({ ...given, name: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 32 })

/** What a message has that is on its way. */
export type Sends = 'code' | 'link' | 'both'

/** What to do with that message. */
export function whatToDo (sends: Sends, { say }: View): string {
  switch (sends) {
    case 'code': return say('We have sent you a code. Enter it here.')
    case 'link': return say('We have sent you a link. Open it in this browser.')
    case 'both': return say('We have sent you a code and a link. Enter the code here, or open the link in this browser.')
  }
}
