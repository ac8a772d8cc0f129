import { flag, integer, key, matching, millis, oneOf, seconds, text } from './kinds.js'
import { coreConfig, coreKey, coreSecretKeys, mailAddress, phoneNumber, smsSender, socket } from './kinds-domain.js'
import { smsByCountry, smsProviders, smsTemplates } from './kinds-sms.js'
import { address, coreAddresses, host, rangeUrl } from './kinds-web.js'
import type { Setting } from './setting.js'

/** Services outside this process: leaked passwords, SMS and mail providers, and the Core. */
export const outsideSettings = {
  LEAKED_PASSWORDS_URL: {
    group: 'First factor',
    kind: rangeUrl(),
    secret: true,
    example: 'https://api.pwnedpasswords.com/range',
    description: 'Service that knows leaked passwords, in the form of Pwned Passwords\' range API. It is sent five digits of the hash of each new password. Without it, no other service is asked.'
  },
  LEAKED_PASSWORDS_TIMEOUT: {
    group: 'First factor',
    kind: seconds(1, 30),
    default: '2',
    description: 'Time that it may take. A password that could not be looked up is accepted.'
  },
  SMS_PROVIDER: {
    group: 'SMS',
    kind: smsProviders(),
    defaultInWords: '`log`; required in production',
    example: 'log',
    description: 'Provider that sends codes. Of several, the next one sends what the one before does not take. `log` prints them and keeps them in the outbox.',
    mistakenFor: ['SMS_PROVIDERS']
  },
  SMS_PROVIDER_BY_COUNTRY: {
    group: 'SMS',
    kind: smsByCountry(),
    defaultInWords: 'none (`SMS_PROVIDER` sends to all countries)',
    example: '{"DE":"http,twilio","1":"twilio"}',
    description: 'Other providers for some countries, in order. A country code goes before a calling code.'
  },
  TWILIO_ACCOUNT_SID: { group: 'SMS', kind: matching(/^AC\w+$/, 'a SID that starts with `AC`'), example: 'AC…', description: 'SID of the Twilio account.' },
  TWILIO_AUTH_TOKEN: { group: 'SMS', kind: key(), secret: true, example: '…', description: 'Auth token of the Twilio account.' },
  TWILIO_FROM: { group: 'SMS', kind: smsSender(), example: '+14155550100', description: 'Phone number or sender name. Set either this or the messaging service.', mistakenFor: ['TWILIO_FROM_NUMBER', 'TWILIO_PHONE_NUMBER'] },
  TWILIO_MESSAGING_SERVICE_SID: { group: 'SMS', kind: matching(/^MG\w+$/, 'a SID that starts with `MG`'), example: 'MG…', description: 'Twilio messaging service, which chooses the sender.' },
  TWILIO_BASE_URL: { group: 'SMS', kind: address('a URL such as `https://api.dublin.ie1.twilio.com`'), secret: true, defaultInWords: '`https://api.twilio.com`', example: 'https://api.twilio.com', description: 'Base URL of another Twilio region or of a test server.' },
  TWILIO_WHATSAPP_CONTENT_SID: { group: 'SMS', kind: matching(/^HX\w+$/, 'a SID that starts with `HX`'), example: 'HX…', description: 'Content template for codes by WhatsApp (`twilio-whatsapp`). Its first variable is the code.' },
  TWILIO_WHATSAPP_FROM: { group: 'SMS', kind: phoneNumber(), example: '+14155550100', description: 'Phone number that sends by WhatsApp. Without it, the messaging service chooses.' },
  TWILIO_VOICE_FROM: { group: 'SMS', kind: phoneNumber(), example: '+14155550100', description: 'Phone number that calls people and reads them the code (`twilio-voice`).' },
  SMS_WEBHOOK_URL: { group: 'SMS', kind: address(), secret: true, example: 'https://example.com/sms', description: 'URL that receives each message as a signed POST.' },
  SMS_WEBHOOK_SECRET: { group: 'SMS', kind: key(), secret: true, example: '…', description: 'Secret that signs the POST.' },
  SMS_HTTP: { group: 'SMS', kind: smsTemplates(), secret: true, example: '{"url":"https://sms.example.com/send","json":{"to":"{to}","text":"{text}"}}', description: 'Template of the request to any HTTP provider (`http`). Of several, each has a `name`.' },
  SMS_SUPERTOKENS_API_KEY: { group: 'SMS', kind: key(), secret: true, example: '…', description: 'Key of SuperTokens\' SMS relay. The relay sees phone numbers and codes.' },
  SMS_RECEIPTS: {
    group: 'SMS',
    kind: flag(),
    default: 'false',
    description: 'Whether providers report at `API_DOMAIN` what became of messages.'
  },
  PRINT_CODES_IN_PRODUCTION: {
    group: 'SMS',
    kind: flag(),
    default: 'false',
    description: 'Allows the provider `log` in production. Anyone who can read the log can then sign in as anyone.'
  },
  MAIL_PROVIDER: {
    group: 'Mail',
    kind: oneOf('log', 'smtp'),
    defaultInWords: '`log`; required in production with e-mail + password',
    example: 'log',
    description: 'Provider that sends mail. `log` prints it and keeps it in the outbox.'
  },
  SMTP_HOST: { group: 'Mail', kind: host(), example: 'smtp.example.com', description: 'Host of the mail server.' },
  SMTP_PORT: { group: 'Mail', kind: integer(1, 65535), default: '587', description: 'Port of the mail server.' },
  SMTP_SECURE: { group: 'Mail', kind: flag(), defaultInWords: '`true` on port 465, else `false` (STARTTLS if offered)', example: 'false', description: 'Whether to use TLS from the first byte.' },
  SMTP_USER: { group: 'Mail', kind: text(), example: 'login@example.com', description: 'User name on the mail server.', mistakenFor: ['SMTP_USERNAME'] },
  SMTP_PASSWORD: { group: 'Mail', kind: text(), secret: true, example: '…', description: 'Password on the mail server.', mistakenFor: ['SMTP_PASS'] },
  MAIL_FROM: { group: 'Mail', kind: mailAddress(), example: 'Example <login@example.com>', description: 'Sender of all mail.', mistakenFor: ['SMTP_FROM'] },
  SUPERTOKENS_CONNECTION_URI: {
    group: 'Core',
    kind: coreAddresses(),
    secret: true,
    defaultInWords: 'none (the embedded Core)',
    example: 'http://localhost:3567',
    description: 'URL of a SuperTokens Core (CDI 5.4, such as 11.4). Replicas of this service share it.',
    mistakenFor: ['SUPERTOKENS_URI', 'SUPERTOKENS_URL']
  },
  SUPERTOKENS_API_KEY: { group: 'Core', kind: key(), secret: true, example: '…', description: 'API key of that Core.' },
  EMBEDDED_CORE_FILE: {
    group: 'Core',
    kind: text('a file path, or `:memory:`'),
    default: './data/core.sqlite',
    description: 'SQLite file of the embedded Core. Its directory is created if needed. With `:memory:`, everything is lost when the process ends.'
  },
  EMBEDDED_CORE_PORT: {
    group: 'Core',
    kind: integer(0, 65535),
    defaultInWords: 'none (only this process can call it)',
    example: '3567',
    description: 'Loopback port of the embedded Core, for other tools that need to connect; 0 takes any free port.'
  },
  EMBEDDED_CORE_SOCKET: {
    group: 'Core',
    kind: socket(),
    defaultInWords: 'in a directory beside the file of the embedded Core',
    example: '/run/fastify-2fa/core.sock',
    description: 'Unix socket by which `fastify-2fa user` reaches the embedded Core of a running service; `off` for none. Only the user of the service may enter its directory.'
  },
  EMBEDDED_CORE_API_KEY: { group: 'Core', kind: coreKey(), secret: true, defaultInWords: 'a random key if it has a port', example: '…', description: 'API key of the embedded Core.' },
  CORE_SECRET_KEY: {
    group: 'Core',
    kind: coreSecretKeys(),
    secret: true,
    defaultInWords: 'none (a stolen file reveals the signing keys)',
    example: '…',
    description: 'Encrypts signing keys and authenticator secrets in the file of the embedded Core. To rotate it, set `new,old`, restart, then remove the old key.',
    mistakenFor: ['EMBEDDED_CORE_SECRET_KEY', 'EMBEDDED_CORE_ENCRYPTION_KEY']
  },
  EMBEDDED_CORE_ENCRYPTION: {
    group: 'Core',
    kind: oneOf('secrets', 'all'),
    defaultInWords: 'as the file is; of a new one, secrets',
    example: 'all',
    description: 'What CORE_SECRET_KEY encrypts in the file of the embedded Core: `secrets` as above, `all` e-mail addresses, phone numbers, metadata, session data and password hashes as well. The start that changes it rewrites the whole file.'
  },
  EMBEDDED_CORE_DURABILITY: {
    group: 'Core',
    kind: oneOf('full', 'normal'),
    default: 'full',
    description: 'What a power cut may undo: `full` nothing that was acknowledged, `normal` the newest writes, so that a used code may work once more and an ended session be back. Nothing is lost with either when only the process ends.'
  },
  EMBEDDED_CORE_MAX_HASH_WAIT: {
    group: 'Core',
    kind: millis(0, 60_000),
    default: '4000',
    description: 'Longest time that a password waits until the embedded Core hashes it; 0 means no limit. What would wait longer is answered with 503 at once.'
  },
  EMBEDDED_CORE_CONFIG: { group: 'Core', kind: coreConfig(), secret: true, example: '{"access_token_validity":3600}', description: 'Settings of the embedded Core, under the configuration names of the real Core.' },
  EMBEDDED_CORE_IN_PRODUCTION: {
    group: 'Core',
    kind: flag(),
    default: 'false',
    description: 'Allows the embedded Core in production. It is one process with one file: no replicas, and a lost disk means all accounts are lost.'
  }
} satisfies Record<string, Setting>
