import { isLoopback } from './kinds-web.js'
import type { Problem } from './problems.js'
import type { Reading } from './read.js'
import type { Name } from './settings.js'

type Rule = (reading: Reading) => Array<Problem | false>

const problem = (variable: Name, message: string): Problem => ({ variable, message })
const quoted = (names: readonly Name[]): string => names.join(' and ')

/** Whether this configuration ever sends a mail; with phone + password a reset link goes by SMS. */
export function sendsMail ({ values }: Pick<Reading, 'values'>): boolean {
  if (values.FIRST_FACTOR !== 'email-password') return false
  return values.EMAIL_VERIFICATION !== 'off' || values.PASSWORD_RESET !== false
}

/** Settings that belong to one choice of another setting. */
export const BELONGS = {
  SMS_PROVIDER: {
    twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM', 'TWILIO_MESSAGING_SERVICE_SID', 'TWILIO_BASE_URL'],
    webhook: ['SMS_WEBHOOK_URL', 'SMS_WEBHOOK_SECRET'],
    supertokens: ['SMS_SUPERTOKENS_API_KEY']
  },
  MAIL_PROVIDER: { smtp: ['SMTP_HOST', 'SMTP_PORT', 'SMTP_SECURE', 'SMTP_USER', 'SMTP_PASSWORD', 'MAIL_FROM'] }
} as const satisfies Record<string, Record<string, readonly Name[]>>

const NEEDS: Record<string, readonly Name[]> = {
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'],
  webhook: ['SMS_WEBHOOK_URL', 'SMS_WEBHOOK_SECRET'],
  supertokens: ['SMS_SUPERTOKENS_API_KEY'],
  smtp: ['SMTP_HOST', 'MAIL_FROM']
}

/** A chosen provider has what it needs, and what is set without its provider being chosen was meant to be used. */
function provider (chooser: 'SMS_PROVIDER' | 'MAIL_PROVIDER'): Rule {
  return ({ values, given }) => {
    const chosen = values[chooser]
    if (chosen !== undefined) {
      return (NEEDS[chosen] ?? []).map((name) => !given.has(name) && problem(name, `${chooser} is ${chosen}, which needs it.`))
    }
    if (given.has(chooser)) return []
    return Object.entries(BELONGS[chooser]).map(([name, members]) => {
      const first = members.find((member: Name) => given.has(member))
      return first !== undefined && problem(chooser, `${first} is set, but without ${chooser}=${name} messages would go to the log.`)
    })
  }
}

const twilio: Rule = ({ values, given }) => {
  if (values.SMS_PROVIDER !== 'twilio') return []
  const [from, service] = [given.has('TWILIO_FROM'), given.has('TWILIO_MESSAGING_SERVICE_SID')]
  return [
    from && service && problem('TWILIO_FROM', 'TWILIO_MESSAGING_SERVICE_SID is set too, and only one of them can pick the sender.'),
    !from && !service && problem('TWILIO_FROM', 'SMS_PROVIDER is twilio, which needs it or TWILIO_MESSAGING_SERVICE_SID.')
  ]
}

const smtp: Rule = ({ values, given }) => [
  given.has('SMTP_USER') && !given.has('SMTP_PASSWORD') && problem('SMTP_PASSWORD', 'SMTP_USER is set, which needs it.'),
  given.has('SMTP_PASSWORD') && !given.has('SMTP_USER') && problem('SMTP_USER', 'SMTP_PASSWORD is set, which needs it.'),
  values.SMTP_PORT === 465 && values.SMTP_SECURE === false && problem('SMTP_SECURE', 'port 465 speaks TLS from the first byte, so it cannot be false with SMTP_PORT=465.')
]

const core: Rule = ({ values, given }) => {
  const remote = given.has('SUPERTOKENS_CONNECTION_URI')
  const embedded = [...given].filter((name) => name.startsWith('EMBEDDED_CORE_') || name === 'CORE_SECRET_KEY')
  return [
    remote && embedded.length > 0 && problem('SUPERTOKENS_CONNECTION_URI', `it names a Core elsewhere, and ${quoted(embedded)} one inside this process; remove either.`),
    !remote && given.has('SUPERTOKENS_API_KEY') && problem('SUPERTOKENS_API_KEY', 'there is no SUPERTOKENS_CONNECTION_URI to use it with; the key of the embedded Core is EMBEDDED_CORE_API_KEY.'),
    values.NODE_ENV === 'production' && !remote && values.EMBEDDED_CORE_IN_PRODUCTION === false &&
      problem('SUPERTOKENS_CONNECTION_URI', 'in production name a SuperTokens Core. The embedded one is a single process with a single file (no replicas, a lost disk is every account lost); if that is what you want, set EMBEDDED_CORE_IN_PRODUCTION=true.')
  ]
}

const production: Rule = (reading) => {
  const { values, given } = reading
  if (values.NODE_ENV !== 'production') return []
  const needed: Name[] = sendsMail(reading) ? ['SMS_PROVIDER', 'MAIL_PROVIDER'] : ['SMS_PROVIDER']
  const why = { SMS_PROVIDER: 'codes', MAIL_PROVIDER: 'links' } as Record<Name, string>
  return [
    !given.has('API_DOMAIN') && problem('API_DOMAIN', 'in production name the public origin of this service.'),
    values.API_DOMAIN?.startsWith('http:') === true && !isLoopback(new URL(values.API_DOMAIN).hostname) &&
      problem('API_DOMAIN', 'in production it starts with https://: over http passwords, codes and sessions can be read on the way.'),
    ...needed.map((name) => !given.has(name) && problem(name, `in production name who sends ${why[name]}. \`log\` is the default only elsewhere.`)),
    ...needed.map((name) => values[name] === 'log' && values.PRINT_CODES_IN_PRODUCTION === false &&
      problem(name, `\`log\` prints ${why[name]}, with which whoever reads the log can sign in as anybody. If that is what you want, set PRINT_CODES_IN_PRODUCTION=true.`))
  ]
}

const cookies: Rule = ({ values, given }) => {
  const host = values.API_DOMAIN === undefined ? 'localhost' : new URL(values.API_DOMAIN).hostname
  const domain = values.COOKIE_DOMAIN?.replace(/^\./, '').toLowerCase()
  const useless = values.TOKEN_TRANSFER_METHOD === 'header'
  return [
    domain !== undefined && !given.has('API_DOMAIN') && problem('COOKIE_DOMAIN', 'it needs API_DOMAIN, whose host it has to contain.'),
    domain !== undefined && values.API_DOMAIN !== undefined && host !== domain && !host.endsWith(`.${domain}`) &&
      problem('COOKIE_DOMAIN', `browsers refuse cookies for ${domain} from ${host}, the host of API_DOMAIN.`),
    ...(['COOKIE_DOMAIN', 'ANTI_CSRF'] as const).map((name) => useless && given.has(name) && problem(name, 'it is about cookies, and TOKEN_TRANSFER_METHOD is header.'))
  ]
}

/** Routes of the service at its root. */
const TAKEN = ['/health', '/ready', '/dev', '/me', '/sessioninfo']

const system: Rule = ({ values, given }) => {
  const phone = values.FIRST_FACTOR === 'phone-password'
  const taken = TAKEN.find((path) => values.API_BASE_PATH === path)
  return [
    phone && given.has('THIRD_PARTY_PROVIDERS') && problem('THIRD_PARTY_PROVIDERS', 'FIRST_FACTOR is phone-password, which has no social logins.'),
    phone && values.EMAIL_VERIFICATION !== undefined && values.EMAIL_VERIFICATION !== 'off' && problem('EMAIL_VERIFICATION', 'FIRST_FACTOR is phone-password, which has no e-mail addresses.'),
    taken !== undefined && problem('API_BASE_PATH', `${taken} is a route of the service.`)
  ]
}

const RULES: readonly Rule[] = [core, production, provider('SMS_PROVIDER'), provider('MAIL_PROVIDER'), twilio, smtp, cookies, system]

/** What is wrong between settings that are each right by themselves. */
export function contradictions (reading: Reading): Problem[] {
  return RULES.flatMap((rule) => rule(reading)).filter((found) => found !== false)
}
