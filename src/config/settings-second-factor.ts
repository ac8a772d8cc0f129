import { FACTOR_NAMES } from '../second-factor/factors/index.js'
import { NOTICE_NAMES } from '../second-factor/notice-texts.js'
import { country, factorKey, requirement } from './kinds-domain.js'
import { rpId } from './kinds-web.js'
import { duration, flag, list, oneOf, seconds } from './kinds.js'
import type { Setting } from './setting.js'

/** Settings of the second factor. */
export const secondFactorSettings = {
  SECOND_FACTORS: {
    group: 'Second factor',
    kind: list(oneOf(...FACTOR_NAMES)),
    default: 'sms',
    description: 'What people can use as their second factor: a code by SMS (`sms`), a code or a link by mail (`email`), an authenticator app (`totp`), a passkey or security key (`passkey`).'
  },
  EMAIL_FACTOR_FLOW: {
    group: 'Second factor',
    kind: oneOf('code', 'link', 'both'),
    default: 'code',
    description: 'How people enter what comes by mail: a code to type, a link, or either. A link works only in the browser that asked for it.'
  },
  ONE_MAILBOX_FOR_BOTH_FACTORS: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Allows `email` as second factor where passwords can be reset by mail or with social logins. Whoever has the mailbox then has both factors.'
  },
  PASSKEY_RP_ID: {
    group: 'Second factor',
    kind: rpId(),
    defaultInWords: 'the host of the first website',
    example: 'example.com',
    description: 'Domain that passkeys are made for: the host of every website, or a parent domain of it. A change makes all passkeys useless.'
  },
  PASSKEY_SIGN_IN: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Whether a passkey alone signs in, as both factors in one. Only passkeys whose device verifies its user, by a PIN or a finger, can.'
  },
  KNOWN_BROWSERS: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Whether browsers can become known for thirty days. Only routes that say so take that for the second factor.'
  },
  RECOVERY_CODES: {
    group: 'Second factor',
    kind: flag(),
    defaultInWords: '`true` with `totp` or `passkey` among the second factors',
    example: 'true',
    description: 'Whether people get recovery codes with their first second factor, for the day on which they have lost it.'
  },
  ACCOUNT_RECOVERY: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Whether people who have lost every second factor can replace it with their password and a code by mail, after `RECOVERY_PERIOD` and unless they veto. Where passwords can be reset by mail, whoever has the mailbox unnoticed for that long has the account.'
  },
  RECOVERY_PERIOD: {
    group: 'Second factor',
    kind: duration('24h', '30d'),
    default: '72h',
    description: 'How long a recovery waits. All that time, messages on every channel of the owner can stop it.'
  },
  FACTOR_KEY: {
    group: 'Second factor',
    kind: list(factorKey()),
    secret: true,
    defaultInWords: 'a key that everybody knows; required in production with `totp` or `PASSKEY_SIGN_IN`',
    example: '…',
    description: 'Encrypts the secrets of authenticator apps in the Core, and the accounts that passkeys name. To rotate it, set `new,old`, and keep the old one. Who loses it ends every authenticator app, and no passkey signs in alone.',
    mistakenFor: ['FACTOR_KEYS', 'TOTP_KEY', 'TOTP_SECRET_KEY']
  },
  SECOND_FACTOR_ENFORCEMENT: {
    group: 'Second factor',
    kind: oneOf('global', 'route'),
    default: 'global',
    description: '`global`: every verified session needs the second factor unless a route opts out. `route`: only `require2FA` asks for it.'
  },
  SECOND_FACTOR_REQUIRED: {
    group: 'Second factor',
    kind: requirement(),
    default: 'everyone',
    description: 'Who needs it where it is enforced globally: `everyone`; `unless-exempt`, everyone but users exempted one by one; `enrolled`, who has one; or who has a role, as in `roles:admin,editor`.'
  },
  EXPOSE_PHONE_NUMBER: {
    group: 'Second factor',
    kind: flag(),
    default: 'true',
    description: 'Whether the access token holds the whole phone number, as in the guides. Anyone with the password can read it there. With `false`, it is masked.'
  },
  CODE_LIFETIME: {
    group: 'Second factor',
    kind: seconds(30, 600),
    default: '300',
    description: 'How long a code is valid, even if the Core allows more.'
  },
  CONTEST_PERIOD: {
    group: 'Second factor',
    kind: duration('1h', '30d'),
    default: '72h',
    description: 'How long owners can contest a change of their account, such as a new phone number, by the link that they are sent.'
  },
  NOTICES_OFF: {
    group: 'Second factor',
    kind: list(oneOf(...NOTICE_NAMES)),
    example: 'wrong-codes',
    description: 'What owners are not told of. All of it cannot be switched off.'
  },
  NEW_BROWSER_NOTICES: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Whether owners are also told when their second factor is passed in a browser that their account was not used in lately. Clients name their browser themselves, so it is a hint.'
  },
  DEFAULT_COUNTRY: {
    group: 'Second factor',
    kind: country(),
    example: 'US',
    description: 'Country of phone numbers without `+`. If unset, only international numbers are accepted.'
  }
} satisfies Record<string, Setting>
