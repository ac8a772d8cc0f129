import { alert, field, form, links, notice } from '../forms.js'
import type { Problem } from '../problem.js'
import { passkeyForm } from '../passkey-form.js'
import type { Template, View } from '../view.js'

export interface SignInData {
  /** Whether accounts have a phone number in place of an address. */
  byPhone: boolean
  /** What the person typed before. */
  login: string | undefined
  problem: Problem | undefined
  /** What has just happened, such as a password that was changed. */
  said: string | undefined
  /** Further ways to sign in. */
  providers: readonly { id: string, name: string }[]
  /** Whether a passkey alone signs in. */
  passkey: boolean
  resetsPasswords: boolean
}

/** E-mail address or phone number, and password. */
export const signIn: Template<SignInData> = ({ byPhone, login, problem, said, providers, passkey, resetsPasswords }, view) => {
  const { say, to } = view
  const wrongFields = problem?.fields ?? {}
  return {
    title: say('Sign in'),
    scripts: passkey ? ['passkey.js'] : [],
    main: [
      notice(said),
      alert(problem),
      form({
        action: to(''),
        fields: [
          loginField({ byPhone, login, error: wrongFields.email, autofocus: login === undefined, passkey }, view),
          field({ name: 'password', label: say('Password'), type: 'password', autocomplete: 'current-password', error: wrongFields.password, maxlength: 1000, autofocus: login !== undefined })
        ],
        button: say('Sign in')
      }),
      ...(passkey ? [passkeyForm({ action: to('/passkey'), options: to('/passkey/options'), purpose: 'get', button: say('Sign in with a passkey'), style: 'secondary', autofill: true }, view)] : []),
      ...providers.map(({ id, name }) => form({ action: to(`/with/${encodeURIComponent(id)}`), button: say('Continue with {name}', { name }), style: 'secondary' })),
      links(
        { href: to('/sign-up'), text: say('Create an account') },
        resetsPasswords ? { href: to('/reset-password'), text: say('Forgot your password?') } : undefined
      )
    ].join('\n')
  }
}

interface LoginField {
  byPhone: boolean
  login: string | undefined
  error: string | undefined
  autofocus?: boolean
  /** Whether browsers offer passkeys here. */
  passkey?: boolean
}

/** What an account is found by. Its field has the name of the Frontend Driver Interface. */
export function loginField ({ byPhone, login, error, autofocus = false, passkey = false }: LoginField, { say }: View): string {
  return byPhone
    ? field({ name: 'email', label: say('Phone number'), type: 'tel', inputmode: 'tel', autocomplete: 'username tel', value: login, error, autofocus, hint: say('With the country code, such as +1 212 555 0123.') })
    : field({ name: 'email', label: say('E-mail address'), type: 'email', inputmode: 'email', autocomplete: passkey ? 'username webauthn' : 'username', value: login, error, autofocus })
}

/** What a new password has to be. */
export const newPasswordHint = (shortest: number, say: View['say']): string => say('At least {count} characters. Several words are easy to remember.', { count: shortest })
