import { flag, integer, key, matching, oneOf, text } from './kinds.js'
import { coreConfig, coreKey, coreSecretKeys, mailAddress, smsSender } from './kinds-domain.js'
import { address, coreAddresses, host } from './kinds-web.js'
import type { Setting } from './setting.js'

/** Whom the service talks to: senders of messages, and the Core. */
export const outsideSettings = {
  SMS_PROVIDER: {
    group: 'SMS',
    kind: oneOf('log', 'twilio', 'webhook', 'supertokens'),
    defaultInWords: '`log`; required in production',
    example: 'log',
    description: 'Who sends codes. `log` prints them and keeps them in the outbox.'
  },
  TWILIO_ACCOUNT_SID: { group: 'SMS', kind: matching(/^AC\w+$/, 'a SID that starts with `AC`'), example: 'AC…', description: 'Twilio account.' },
  TWILIO_AUTH_TOKEN: { group: 'SMS', kind: key(), secret: true, example: '…', description: 'Its token.' },
  TWILIO_FROM: { group: 'SMS', kind: smsSender(), example: '+14155550100', description: 'Number or name that messages come from; this or the messaging service.', mistakenFor: ['TWILIO_FROM_NUMBER', 'TWILIO_PHONE_NUMBER'] },
  TWILIO_MESSAGING_SERVICE_SID: { group: 'SMS', kind: matching(/^MG\w+$/, 'a SID that starts with `MG`'), example: 'MG…', description: 'Twilio messaging service that picks the number.' },
  TWILIO_BASE_URL: { group: 'SMS', kind: address('an address such as `https://api.dublin.ie1.twilio.com`'), secret: true, defaultInWords: '`https://api.twilio.com`', example: 'https://api.twilio.com', description: 'Another region or a stand-in.' },
  SMS_WEBHOOK_URL: { group: 'SMS', kind: address(), secret: true, example: 'https://example.com/sms', description: 'Receives each message as a signed POST.' },
  SMS_WEBHOOK_SECRET: { group: 'SMS', kind: key(), secret: true, example: '…', description: 'Signs the POST.' },
  SMS_SUPERTOKENS_API_KEY: { group: 'SMS', kind: key(), secret: true, example: '…', description: 'Key of SuperTokens\' own SMS relay, which sees numbers and codes.' },
  PRINT_CODES_IN_PRODUCTION: {
    group: 'SMS',
    kind: flag(),
    default: 'false',
    description: 'Allows the provider `log` in production. Whoever reads the log can then sign in as anybody.'
  },
  MAIL_PROVIDER: {
    group: 'Mail',
    kind: oneOf('log', 'smtp'),
    defaultInWords: '`log`; required in production when mails are sent (e-mail verification, password reset)',
    example: 'log',
    description: 'Who sends mails. `log` prints them and keeps them in the outbox.'
  },
  SMTP_HOST: { group: 'Mail', kind: host(), example: 'smtp.example.com', description: 'Mail server.' },
  SMTP_PORT: { group: 'Mail', kind: integer(1, 65535), default: '587', description: 'Its port.' },
  SMTP_SECURE: { group: 'Mail', kind: flag(), defaultInWords: '`true` on port 465, else `false` (STARTTLS when offered)', example: 'false', description: 'TLS from the first byte.' },
  SMTP_USER: { group: 'Mail', kind: text(), example: 'login@example.com', description: 'Account on the mail server.', mistakenFor: ['SMTP_USERNAME'] },
  SMTP_PASSWORD: { group: 'Mail', kind: text(), secret: true, example: '…', description: 'Its password.', mistakenFor: ['SMTP_PASS'] },
  MAIL_FROM: { group: 'Mail', kind: mailAddress(), example: 'Example <login@example.com>', description: 'Sender of mails.', mistakenFor: ['SMTP_FROM'] },
  SUPERTOKENS_CONNECTION_URI: {
    group: 'Core',
    kind: coreAddresses(),
    secret: true,
    defaultInWords: 'none: a Core inside this process',
    example: 'http://localhost:3567',
    description: 'A SuperTokens Core (CDI 5.4, such as 11.4). Several replicas of this service share one.',
    mistakenFor: ['SUPERTOKENS_URI', 'SUPERTOKENS_URL']
  },
  SUPERTOKENS_API_KEY: { group: 'Core', kind: key(), secret: true, example: '…', description: 'Key of that Core.' },
  EMBEDDED_CORE_FILE: {
    group: 'Core',
    kind: text('the path of a file, or `:memory:`'),
    default: './data/core.sqlite',
    description: 'SQLite file of the Core inside this process; its directory is created. `:memory:` forgets everything at the end.'
  },
  EMBEDDED_CORE_PORT: { group: 'Core', kind: integer(0, 65535), default: '0', description: 'Loopback port of the embedded Core, fixed so that other tools can attach; 0 takes any free one.' },
  EMBEDDED_CORE_API_KEY: { group: 'Core', kind: coreKey(), secret: true, defaultInWords: 'a random one', example: '…', description: 'Key of the embedded Core.' },
  CORE_SECRET_KEY: {
    group: 'Core',
    kind: coreSecretKeys(),
    secret: true,
    defaultInWords: 'none: a stolen file holds the signing keys',
    example: '…',
    description: 'Encrypts signing keys and authenticator secrets in the file of the embedded Core. To rotate write `new,old`, restart, and drop the old one.',
    mistakenFor: ['EMBEDDED_CORE_SECRET_KEY', 'EMBEDDED_CORE_ENCRYPTION_KEY']
  },
  EMBEDDED_CORE_CONFIG: { group: 'Core', kind: coreConfig(), secret: true, example: '{"access_token_validity":3600}', description: 'Settings of the embedded Core by the real Core\'s configuration names.' },
  EMBEDDED_CORE_IN_PRODUCTION: {
    group: 'Core',
    kind: flag(),
    default: 'false',
    description: 'Allows the embedded Core in production. It is one process with one file: no replicas, and a lost disk is every account lost.'
  }
} satisfies Record<string, Setting>
