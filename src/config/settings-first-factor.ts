import { LONGEST_MINIMUM, SHORTEST_MINIMUM } from '../first-factor/password-options.js'
import { flag, integer, oneOf, text } from './kinds.js'
import { providers } from './providers.js'
import type { Setting } from './setting.js'

/** Settings of the first factor. */
export const firstFactorSettings = {
  FIRST_FACTOR: {
    group: 'First factor',
    kind: oneOf('email-password', 'phone-password'),
    default: 'email-password',
    description: '`email-password`: e-mail + password or a social login, then a code to a phone that is enrolled once. `phone-password`: phone number + password, then a code to that number.'
  },
  THIRD_PARTY_PROVIDERS: {
    group: 'First factor',
    kind: providers(),
    secret: true,
    example: '[{"thirdPartyId":"google","clientId":"…","clientSecret":"…"}]',
    description: 'Social logins, each as SuperTokens\' `ProviderInput` or in the short form with one client. For any OpenID Connect provider, add `oidcDiscoveryEndpoint`.'
  },
  EMAIL_VERIFICATION: {
    group: 'First factor',
    kind: oneOf('off', 'optional', 'required'),
    defaultInWords: '`optional` with e-mail + password, `off` with phone + password',
    example: 'optional',
    description: 'Whether e-mail addresses are verified. With `optional`, pages may ask for it, and nothing depends on it. With `required`, it comes before a phone can be enrolled.'
  },
  PASSWORD_RESET: {
    group: 'First factor',
    kind: flag(),
    defaultInWords: '`true` with e-mail + password, `false` with phone + password',
    example: 'true',
    description: 'Whether a forgotten password can be reset by a link. With phone + password, the link goes to the phone that is the second factor.'
  },
  PASSWORD_MIN_LENGTH: {
    group: 'First factor',
    kind: integer(SHORTEST_MINIMUM, LONGEST_MINIMUM),
    defaultInWords: '`8`; `15` where the password can be the only factor: with `SECOND_FACTOR_ENFORCEMENT=route`, or a `SECOND_FACTOR_REQUIRED` other than `everyone`',
    example: '15',
    description: 'Least length of a new password, in characters. Accounts with shorter ones still sign in.'
  },
  SUPPORT_CONTACT: {
    group: 'First factor',
    kind: text(),
    example: 'help@example.com',
    description: 'Whom people ask when a page needs a feature that is off: an address, a number or a page, as it is to be shown.'
  },
  EXISTENCE_CHECKS: {
    group: 'First factor',
    kind: flag(),
    default: 'false',
    description: 'Whether the `exists` endpoints tell the truth. If not, they always answer `false`, so that nobody can list accounts.'
  },
  SIGN_UP_BY_MAIL: {
    group: 'First factor',
    kind: flag(),
    default: 'false',
    description: 'Whether signing up answers alike for known and unknown addresses, and goes on by a link in a mail. Needs `EMAIL_VERIFICATION=required`.'
  }
} satisfies Record<string, Setting>
