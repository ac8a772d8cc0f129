import { isLoopback } from './kinds-web.js'
import type { Problem } from './problems.js'
import type { Reading } from './read.js'
import type { Name } from './settings.js'

type Rule = (reading: Reading) => Array<Problem | false>

const problem = (variable: Name, message: string): Problem => ({ variable, message })
const quoted = (names: readonly Name[]): string => names.join(' and ')

/** Whether this configuration ever sends mail. With phone + password, reset links go by SMS. */
export function sendsMail ({ values }: Pick<Reading, 'values'>): boolean {
  if (values.FIRST_FACTOR !== 'email-password') return false
  return values.EMAIL_VERIFICATION !== 'off' || values.PASSWORD_RESET !== false
}

/** Settings that only one value of another setting uses. */
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

/** A chosen provider needs its settings. Settings of a provider that is not chosen suggest that it was forgotten. */
function provider (chooser: 'SMS_PROVIDER' | 'MAIL_PROVIDER'): Rule {
  return ({ values, given }) => {
    const chosen = values[chooser]
    if (chosen !== undefined) {
      return (NEEDS[chosen] ?? []).map((name) => !given.has(name) && problem(name, `${chooser}=${chosen} needs it.`))
    }
    if (given.has(chooser)) return []
    return Object.entries(BELONGS[chooser]).map(([name, members]) => {
      const first = members.find((member: Name) => given.has(member))
      return first !== undefined && problem(chooser, `${first} is set, but messages would go to the log. Set ${chooser}=${name}, or remove ${first}.`)
    })
  }
}

const twilio: Rule = ({ values, given }) => {
  if (values.SMS_PROVIDER !== 'twilio') return []
  const [from, service] = [given.has('TWILIO_FROM'), given.has('TWILIO_MESSAGING_SERVICE_SID')]
  return [
    from && service && problem('TWILIO_FROM', 'TWILIO_MESSAGING_SERVICE_SID is set too, and only one of them can choose the sender. Remove one.'),
    !from && !service && problem('TWILIO_FROM', 'SMS_PROVIDER=twilio needs it or TWILIO_MESSAGING_SERVICE_SID.')
  ]
}

const smtp: Rule = ({ values, given }) => [
  given.has('SMTP_USER') && !given.has('SMTP_PASSWORD') && problem('SMTP_PASSWORD', 'SMTP_USER is set and needs a password.'),
  given.has('SMTP_PASSWORD') && !given.has('SMTP_USER') && problem('SMTP_USER', 'SMTP_PASSWORD is set and needs a user.'),
  values.SMTP_PORT === 465 && values.SMTP_SECURE === false && problem('SMTP_SECURE', 'port 465 uses TLS from the first byte. Remove SMTP_SECURE=false, or use port 587 for STARTTLS.')
]

const signUpByMail: Rule = ({ values }) => values.SIGN_UP_BY_MAIL
  ? [
      (values.EMAIL_VERIFICATION !== 'required' || values.FIRST_FACTOR !== 'email-password') && problem('SIGN_UP_BY_MAIL', 'it needs EMAIL_VERIFICATION=required.'),
      values.PASSWORD_RESET === false && problem('SIGN_UP_BY_MAIL', 'the link leads to the page that resets passwords. Remove PASSWORD_RESET=false.'),
      values.EXISTENCE_CHECKS && problem('SIGN_UP_BY_MAIL', 'it hides which accounts exist, and EXISTENCE_CHECKS tells. Keep one of them.')
    ]
  : []

const core: Rule = ({ values, given }) => {
  const remote = given.has('SUPERTOKENS_CONNECTION_URI')
  const embedded = [...given].filter((name) => name.startsWith('EMBEDDED_CORE_') || name === 'CORE_SECRET_KEY')
  return [
    remote && embedded.length > 0 && problem('SUPERTOKENS_CONNECTION_URI', `it names a remote Core, but ${quoted(embedded)} configure${embedded.length === 1 ? 's' : ''} the embedded one. Keep one or the other.`),
    !remote && given.has('SUPERTOKENS_API_KEY') && problem('SUPERTOKENS_API_KEY', 'it needs SUPERTOKENS_CONNECTION_URI. The key of the embedded Core is EMBEDDED_CORE_API_KEY.'),
    values.NODE_ENV === 'production' && !remote && values.EMBEDDED_CORE_IN_PRODUCTION === false &&
      problem('SUPERTOKENS_CONNECTION_URI', 'production needs a SuperTokens Core. The embedded one is a single process with a single file: no replicas, and a lost disk means all accounts are lost. To use it anyway, set EMBEDDED_CORE_IN_PRODUCTION=true.')
  ]
}

const production: Rule = (reading) => {
  const { values, given } = reading
  if (values.NODE_ENV !== 'production') return []
  const needed: Name[] = sendsMail(reading) ? ['SMS_PROVIDER', 'MAIL_PROVIDER'] : ['SMS_PROVIDER']
  const why = { SMS_PROVIDER: 'codes', MAIL_PROVIDER: 'links' } as Record<Name, string>
  return [
    !given.has('API_DOMAIN') && problem('API_DOMAIN', 'production needs the public origin of this service, such as `https://auth.example.com`.'),
    values.API_DOMAIN?.startsWith('http:') === true && !isLoopback(new URL(values.API_DOMAIN).hostname) &&
      problem('API_DOMAIN', 'production needs https://. Over http, passwords, codes and sessions can be read in transit.'),
    ...needed.map((name) => !given.has(name) && problem(name, `production needs a provider that sends ${why[name]}. \`log\` is the default only outside production.`)),
    ...needed.map((name) => values[name] === 'log' && values.PRINT_CODES_IN_PRODUCTION === false &&
      problem(name, `\`log\` prints ${why[name]}, so anyone who can read the log can sign in as anyone. To allow it anyway, set PRINT_CODES_IN_PRODUCTION=true.`))
  ]
}

const cookies: Rule = ({ values, given }) => {
  const host = values.API_DOMAIN === undefined ? 'localhost' : new URL(values.API_DOMAIN).hostname
  const domain = values.COOKIE_DOMAIN?.replace(/^\./, '').toLowerCase()
  const useless = values.TOKEN_TRANSFER_METHOD === 'header'
  return [
    domain !== undefined && !given.has('API_DOMAIN') && problem('COOKIE_DOMAIN', 'it needs API_DOMAIN, whose host must belong to that domain.'),
    domain !== undefined && values.API_DOMAIN !== undefined && host !== domain && !host.endsWith(`.${domain}`) &&
      problem('COOKIE_DOMAIN', `browsers refuse cookies for ${domain} from ${host}, the host of API_DOMAIN. Choose ${host} or a parent domain of it.`),
    ...(['COOKIE_DOMAIN', 'ANTI_CSRF'] as const).map((name) => useless && given.has(name) && problem(name, 'it concerns cookies, but TOKEN_TRANSFER_METHOD is header. Remove it, or allow cookies.'))
  ]
}

/** The service's own routes at its root. */
const TAKEN = ['/health', '/ready', '/dev', '/me', '/sessioninfo']

const system: Rule = ({ values, given }) => {
  const phone = values.FIRST_FACTOR === 'phone-password'
  const taken = TAKEN.find((path) => values.API_BASE_PATH === path)
  return [
    phone && given.has('THIRD_PARTY_PROVIDERS') && problem('THIRD_PARTY_PROVIDERS', 'FIRST_FACTOR=phone-password has no social logins. Remove it, or choose email-password.'),
    phone && values.EMAIL_VERIFICATION !== undefined && values.EMAIL_VERIFICATION !== 'off' && problem('EMAIL_VERIFICATION', 'FIRST_FACTOR=phone-password has no e-mail addresses. Remove it, or choose email-password.'),
    taken !== undefined && problem('API_BASE_PATH', `the service already uses ${taken}. Choose another path, such as \`/auth\`.`)
  ]
}

const RULES: readonly Rule[] = [core, production, provider('SMS_PROVIDER'), provider('MAIL_PROVIDER'), twilio, smtp, cookies, system, signUpByMail]

/** Contradictions between settings that are valid on their own. */
export function contradictions (reading: Reading): Problem[] {
  return RULES.flatMap((rule) => rule(reading)).filter((found) => found !== false)
}
