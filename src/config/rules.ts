import { adminDigest } from '../admin-api/options.js'
import { isReachedByCookies } from '../forward-auth/options.js'
import { isLoopback, isLoopbackOrigin } from '../loopback.js'
import { isBelow, joinPaths } from '../options/auth-path.js'
import { type ProductionFacts, PRODUCTION_PARTS, productionProblems, type Vocabulary } from '../options/production.js'
import { NOTICE_NAMES } from '../second-factor/notice-texts.js'
import { relyingPartyProblems } from '../second-factor/factors/passkey/relying-party.js'
import { core as coreOptions } from './options.js'
import { reasonAgainst } from './playground.js'
import type { Problem } from './problems.js'
import type { Reading } from './read.js'
import { SMS_BELONGS, SMS_NEEDS, smsSenders, smsSpending } from './rules-sms.js'
import type { Name, Values } from './settings.js'
import { smsKinds } from './sms.js'

type Rule = (reading: Reading) => Array<Problem | false>

const problem = (variable: Name, message: string): Problem => ({ variable, message })
const quoted = (names: readonly Name[]): string => names.join(' and ')

/** Settings that only one value of another setting uses. */
export const BELONGS = {
  SMS_PROVIDER: SMS_BELONGS,
  MAIL_PROVIDER: { smtp: ['SMTP_HOST', 'SMTP_PORT', 'SMTP_SECURE', 'SMTP_USER', 'SMTP_PASSWORD', 'MAIL_FROM'] }
} as const satisfies Record<string, Record<string, readonly Name[]>>

const NEEDS: Record<string, readonly Name[]> = {
  ...SMS_NEEDS,
  smtp: ['SMTP_HOST', 'MAIL_FROM']
}

/** The providers that are chosen. */
export function chosenIn (values: Values, chooser: keyof typeof BELONGS): readonly string[] | undefined {
  if (values[chooser] === undefined) return undefined
  return chooser === 'SMS_PROVIDER' ? smsKinds(values) : [values.MAIL_PROVIDER!]
}

/** A chosen provider needs its settings. Settings of a provider that is not chosen suggest that it was forgotten. */
function provider (chooser: 'SMS_PROVIDER' | 'MAIL_PROVIDER'): Rule {
  return ({ values, given }) => {
    const chosen = chosenIn(values, chooser)
    if (chosen !== undefined) {
      const needed = new Map(chosen.flatMap((one) => (NEEDS[one] ?? []).map((name) => [name, one] as const)).reverse())
      return [...needed].reverse().map(([name, one]) => !given.has(name) && problem(name, `${chooser}=${one} needs it.`))
    }
    if (given.has(chooser)) return []
    // Several providers share settings. One of them is enough to say so.
    const firsts = new Map(Object.entries(BELONGS[chooser]).reverse().map(([name, members]: [string, readonly Name[]]) => [members.find((member) => given.has(member)), name]))
    return [...firsts].reverse().map(([first, name]) => first !== undefined && problem(chooser, `${first} is set, but messages would go to the log. Set ${chooser}=${name}, or remove ${first}.`))
  }
}

/** A thief counts on owners who are told of nothing. */
const notices: Rule = ({ values }) => [
  values.NOTICES_OFF?.length === NOTICE_NAMES.length && problem('NOTICES_OFF', 'it names all of them. Leave some on.')
]

const leakedPasswords: Rule = ({ given }) => [
  given.has('LEAKED_PASSWORDS_TIMEOUT') && !given.has('LEAKED_PASSWORDS_URL') && problem('LEAKED_PASSWORDS_TIMEOUT', 'it needs LEAKED_PASSWORDS_URL. Without it, no other service is asked.')
]

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

const core: Rule = ({ given, values }) => {
  const remote = given.has('SUPERTOKENS_CONNECTION_URI')
  const embedded = [...given].filter((name) => name.startsWith('EMBEDDED_CORE_') || name.startsWith('BACKUP_') || name === 'CORE_SECRET_KEY')
  return [
    remote && embedded.length > 0 && problem('SUPERTOKENS_CONNECTION_URI', `it names a remote Core, but ${quoted(embedded)} configure${embedded.length === 1 ? 's' : ''} the embedded one. Keep one or the other.`),
    given.has('EMBEDDED_CORE_ENCRYPTION') && !given.has('CORE_SECRET_KEY') && problem('EMBEDDED_CORE_ENCRYPTION', 'it says what CORE_SECRET_KEY encrypts, and there is none. Generate one with openssl rand -hex 32.'),
    given.has('BACKUP_DIR') && values.EMBEDDED_CORE_FILE === ':memory:' && problem('BACKUP_DIR', 'what is in memory cannot be backed up. Set EMBEDDED_CORE_FILE to a path.'),
    !given.has('BACKUP_DIR') && (given.has('BACKUP_EVERY') || given.has('BACKUP_KEEP')) && problem('BACKUP_DIR', 'BACKUP_EVERY and BACKUP_KEEP are for the backups that the service makes by itself. Say where they go.'),
    !remote && given.has('SUPERTOKENS_API_KEY') && problem('SUPERTOKENS_API_KEY', 'it needs SUPERTOKENS_CONNECTION_URI. The key of the embedded Core is EMBEDDED_CORE_API_KEY.')
  ]
}

const VARIABLES: Vocabulary<Name> = {
  apiDomain: 'API_DOMAIN',
  core: 'SUPERTOKENS_CONNECTION_URI',
  file: 'EMBEDDED_CORE_FILE',
  redis: 'REDIS_URL',
  sms: 'SMS_PROVIDER',
  mail: 'MAIL_PROVIDER',
  factorKeys: 'FACTOR_KEY',
  eventReceiver: 'EVENT_RECEIVER_URL',
  auditWebhook: 'AUDIT_WEBHOOK_URL',
  embedded: 'EMBEDDED_CORE_IN_PRODUCTION=true',
  print: 'PRINT_CODES_IN_PRODUCTION=true'
}

/** What the settings say, without the defaults that only a laptop should have. */
function factsOf (values: Values): ProductionFacts {
  const sender = (provider: string | undefined) => provider === undefined ? undefined : { provider }
  return {
    appInfo: { apiDomain: values.API_DOMAIN },
    core: coreOptions(values),
    limits: { redisUrl: values.REDIS_URL },
    firstFactor: values.FIRST_FACTOR,
    sms: values.SMS_PROVIDER === undefined ? undefined : smsKinds(values).map((provider) => ({ provider })),
    mail: sender(values.MAIL_PROVIDER),
    embeddedCoreInProduction: values.EMBEDDED_CORE_IN_PRODUCTION,
    printCodesInProduction: values.PRINT_CODES_IN_PRODUCTION,
    secondFactors: values.SECOND_FACTORS,
    passkeySignIn: values.PASSKEY_SIGN_IN,
    factorKeys: values.FACTOR_KEY,
    eventReceiver: values.EVENT_RECEIVER_URL === undefined ? undefined : { url: values.EVENT_RECEIVER_URL },
    audit: values.AUDIT_WEBHOOK_URL === undefined ? undefined : { webhook: { url: values.AUDIT_WEBHOOK_URL } }
  }
}

const production: Rule = ({ values, given }) => {
  if (values.NODE_ENV !== 'production') return []
  return productionProblems(factsOf(values), VARIABLES, PRODUCTION_PARTS)
    // A text that could not be read is a problem of its own already.
    .filter(({ name }) => !given.has(name) || values[name] !== undefined)
    .map(({ name, message }) => problem(name, message))
}

/** Outside production codes can be read, so only a laptop may leave it to the default. */
const reachable: Rule = ({ values, given }) => {
  if (given.has('NODE_ENV')) return []
  const outside = ([['API_DOMAIN', values.API_DOMAIN !== undefined && !isLoopbackOrigin(values.API_DOMAIN)], ['HOST', values.HOST !== undefined && !isLoopback(values.HOST)]] as const)
    .filter(([, isOutside]) => isOutside).map(([name]) => name)
  return [outside.length > 0 && problem('NODE_ENV', `${quoted(outside)} let${outside.length === 1 ? 's' : ''} others reach this service, which outside production prints codes. Set NODE_ENV=production, or NODE_ENV=development if this is only a trial.`)]
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
const TAKEN = ['/health', '/ready', '/metrics', '/dev', '/me', '/sessioninfo']

const tls: Rule = ({ given }) => (['TLS_CERT_FILE', 'TLS_KEY_FILE'] as const).map((name, i, both) => {
  const other = both[1 - i]!
  return given.has(other) && !given.has(name) && problem(name, `${other} needs it.`)
})

const system: Rule = ({ values, given }) => {
  const phone = values.FIRST_FACTOR === 'phone-password'
  const { API_BASE_PATH: base = '/auth', API_INTERNAL_PATH: internal, ROUTES_PATH: routes } = values
  const taken = TAKEN.map((path) => joinPaths(routes, path)).find((path) => base === path)
  return [
    phone && given.has('THIRD_PARTY_PROVIDERS') && problem('THIRD_PARTY_PROVIDERS', 'FIRST_FACTOR=phone-password has no social logins. Remove it, or choose email-password.'),
    phone && values.EMAIL_VERIFICATION !== undefined && values.EMAIL_VERIFICATION !== 'off' && problem('EMAIL_VERIFICATION', 'FIRST_FACTOR=phone-password has no e-mail addresses. Remove it, or choose email-password.'),
    taken !== undefined && problem('API_BASE_PATH', `the service already uses ${taken}. Choose another path, such as \`/auth\`.`),
    internal !== undefined && !isBelow(base, internal) && problem('API_INTERNAL_PATH', `API_BASE_PATH must begin with it, since requests arrive there. Set API_BASE_PATH=${internal}${base}, or remove API_INTERNAL_PATH if no proxy adds it.`)
  ]
}

const hostedPages: Rule = ({ values, given }) => {
  if (!values.HOSTED_PAGES) {
    const settings = ['HOSTED_PAGES_LOGO', 'HOSTED_PAGES_ACCENT', 'HOSTED_PAGES_REDIRECTS', 'HOSTED_PAGES_AFTER_SIGN_IN'] as const
    return settings.map((name) => given.has(name) && problem(name, 'it needs HOSTED_PAGES=true.'))
  }
  return [values.TOKEN_TRANSFER_METHOD === 'header' && problem('TOKEN_TRANSFER_METHOD', 'HOSTED_PAGES need cookies. Remove it, or choose any or cookie.')]
}

const forwardAuth: Rule = ({ values, given }) => {
  if (values.FORWARD_AUTH_ORIGINS === undefined) {
    const settings = ['FORWARD_AUTH_PROXY_SECRET', 'FORWARD_AUTH_PROXIES', 'FORWARD_AUTH_PATH', 'FORWARD_AUTH_SIGN_IN_PAGE'] as const
    return settings.map((name) => given.has(name) && problem(name, 'it needs FORWARD_AUTH_ORIGINS.'))
  }
  const { API_BASE_PATH: base = '/auth', ROUTES_PATH: routes, FORWARD_AUTH_PATH: path = '/verify' } = values
  return [
    !given.has('FORWARD_AUTH_PROXY_SECRET') && !given.has('FORWARD_AUTH_PROXIES') && problem('FORWARD_AUTH_PROXY_SECRET', 'FORWARD_AUTH_ORIGINS needs it or FORWARD_AUTH_PROXIES: only the proxy may ask.'),
    values.TOKEN_TRANSFER_METHOD !== 'header' && values.FORWARD_AUTH_ORIGINS.some((origin) => !isReachedByCookies(origin, { apiDomain: values.API_DOMAIN, cookieDomain: values.COOKIE_DOMAIN })) &&
      problem('COOKIE_DOMAIN', 'browsers do not send the session\'s cookies to all of FORWARD_AUTH_ORIGINS. Set it to a domain that they share with API_DOMAIN.'),
    [base, ...TAKEN.map((taken) => joinPaths(routes, taken))].some((taken) => isBelow(path, taken) || isBelow(taken, path)) && problem('FORWARD_AUTH_PATH', 'the service already uses this path. Choose another one.')
  ]
}

/** The playground's provider lets anyone in as anyone, so it must not be there for anybody but the developer. */
const playground: Rule = ({ values }) => {
  const { PLAYGROUND_PROVIDER: isOn, WEBSITE_DOMAIN: [website] = [] } = values
  if (!isOn) return []
  const against = website === undefined ? undefined : reasonAgainst(website)
  return [
    values.NODE_ENV === 'production' && problem('PLAYGROUND_PROVIDER', 'anyone can sign in at it as anyone, so production refuses it. Remove it.'),
    values.API_DOMAIN !== undefined && !isLoopbackOrigin(values.API_DOMAIN) && problem('PLAYGROUND_PROVIDER', 'anyone can sign in at it as anyone, and API_DOMAIN is not this machine. Remove it.'),
    values.HOSTED_PAGES && problem('PLAYGROUND_PROVIDER', 'it is part of the playground, in whose place HOSTED_PAGES are served. Remove one of them.'),
    !values.PLAYGROUND && problem('PLAYGROUND_PROVIDER', 'it is part of the playground. Remove PLAYGROUND=false.'),
    against !== undefined && problem('PLAYGROUND_PROVIDER', `it is part of the playground, which is not served: ${against}.`),
    values.FIRST_FACTOR === 'phone-password' && problem('PLAYGROUND_PROVIDER', 'FIRST_FACTOR=phone-password has no social logins. Remove it, or choose email-password.')
  ]
}

const services: Rule = ({ given }) => [
  given.has('EVENT_RECEIVER_URL') && !given.has('EVENT_RECEIVER_TOKEN') && problem('EVENT_RECEIVER_TOKEN', 'EVENT_RECEIVER_URL needs it, so that the receiver knows who is calling.'),
  ...(['EVENT_RECEIVER_TOKEN', 'EVENT_RECEIVER_AUDIENCE'] as const).map((name) => given.has(name) && !given.has('EVENT_RECEIVER_URL') && problem(name, 'it needs EVENT_RECEIVER_URL.')),
  given.has('EVENT_READERS') && !given.has('SERVICE_CLIENTS') && problem('EVENT_READERS', 'it needs SERVICE_CLIENTS. Without it, nobody reads events.')
]

/** Settings of a sink that is off suggest that it was forgotten. */
const audit: Rule = ({ values, given }) => {
  const sinks: readonly string[] = values.AUDIT_SINKS ?? []
  const members = { file: ['AUDIT_FILE', 'AUDIT_FILE_SYNC', 'AUDIT_CHAIN_KEY'], webhook: ['AUDIT_WEBHOOK_URL', 'AUDIT_WEBHOOK_SECRET', 'AUDIT_OUTBOX', 'AUDIT_OUTBOX_MAX'] } as const
  const idle = Object.entries(members).filter(([sink]) => !sinks.includes(sink) && (values.AUDIT_SINKS !== undefined || !given.has('AUDIT_SINKS')))
    .flatMap(([sink, names]) => names.map((name) => given.has(name) && problem(name, `it needs ${sink} in AUDIT_SINKS.`)))
  const needed = (sink: string, names: readonly Name[]) => names.map((name) => sinks.includes(sink) && !given.has(name) && problem(name, `${sink} in AUDIT_SINKS needs it.`))
  return [
    ...idle,
    ...needed('file', ['AUDIT_FILE']),
    ...needed('webhook', ['AUDIT_WEBHOOK_URL', 'AUDIT_WEBHOOK_SECRET']),
    sinks.includes('webhook') && !given.has('REDIS_URL') && (values.AUDIT_OUTBOX ?? 'redis') === 'redis' && problem('AUDIT_OUTBOX', 'events wait for the webhook in an outbox. Name a file or a PostgreSQL, or set REDIS_URL.'),
    values.AUDIT_REQUIRED === true && !sinks.includes('file') && !sinks.includes('webhook') && problem('AUDIT_REQUIRED', 'it needs file or webhook in AUDIT_SINKS. Nothing else keeps events.')
  ]
}

const admin: Rule = ({ values, given }) => {
  const hasApi = values.ADMIN_KEYS !== undefined || values.ADMIN_CERTIFICATES !== undefined
  // In digests: a key may be given as one.
  const isKeyOfAdmin = (secrets: readonly string[] = []): boolean => {
    const digests = secrets.map((secret) => adminDigest(secret).toString('hex'))
    return values.ADMIN_KEYS?.some((key) => key.secrets.some((secret) => digests.includes(adminDigest(secret).toString('hex')))) === true
  }
  return [
    given.has('ADMIN_PORT') && !given.has('ADMIN_KEYS') && !given.has('ADMIN_CERTIFICATES') && problem('ADMIN_PORT', 'it needs ADMIN_KEYS or ADMIN_CERTIFICATES: nobody could call the API.'),
    given.has('ADMIN_HOST') && !given.has('ADMIN_PORT') && problem('ADMIN_HOST', 'it needs ADMIN_PORT.'),
    ...(['ADMIN_TLS_CERT_FILE', 'ADMIN_TLS_KEY_FILE', 'ADMIN_CLIENT_CA_FILE'] as const).map((name) => given.has(name) && !given.has('ADMIN_PORT') && problem(name, 'it needs ADMIN_PORT, the port that it is for.')),
    given.has('ADMIN_TLS_CERT_FILE') !== given.has('ADMIN_TLS_KEY_FILE') && problem('ADMIN_TLS_CERT_FILE', 'ADMIN_TLS_CERT_FILE and ADMIN_TLS_KEY_FILE are needed together.'),
    given.has('ADMIN_CLIENT_CA_FILE') && !given.has('ADMIN_TLS_CERT_FILE') && problem('ADMIN_CLIENT_CA_FILE', 'it needs ADMIN_TLS_CERT_FILE and ADMIN_TLS_KEY_FILE.'),
    given.has('ADMIN_CERTIFICATES') && !given.has('ADMIN_CLIENT_CA_FILE') && problem('ADMIN_CERTIFICATES', 'they need ADMIN_CLIENT_CA_FILE: certificates are verified by the service itself.'),
    values.ADMIN_PORT !== undefined && values.ADMIN_PORT !== 0 && values.ADMIN_PORT === values.PORT && problem('ADMIN_PORT', 'it is PORT. Choose another one, or remove it.'),
    values.ADMIN_PAGE && !values.HOSTED_PAGES && problem('ADMIN_PAGE', 'it is one of the hosted pages. Set HOSTED_PAGES=true.'),
    given.has('ADMIN_PAGE_ROLES') && !values.ADMIN_PAGE && problem('ADMIN_PAGE_ROLES', 'it needs ADMIN_PAGE=true.'),
    hasApi && isTwice([...values.ADMIN_KEYS ?? [], ...values.ADMIN_CERTIFICATES ?? []].map(({ name }) => name)) && problem('ADMIN_CERTIFICATES', 'a name of ADMIN_KEYS, or of another certificate, is there again.'),
    isKeyOfAdmin(values.SERVICE_CLIENTS?.flatMap(({ secrets }) => secrets)) && problem('ADMIN_KEYS', 'a key is the secret of one of SERVICE_CLIENTS. Make another one.'),
    isKeyOfAdmin(values.METRICS_KEY) && problem('ADMIN_KEYS', 'a key is that of the metrics (METRICS_KEY), which every scraper has. Make another one.')
  ]
}

const isTwice = (values: readonly string[]): boolean => new Set(values).size < values.length

const secondFactors: Rule = ({ values, given }) => {
  const { SECOND_FACTORS: factors = [], FIRST_FACTOR, WEBSITE_DOMAIN: websiteDomains, PASSKEY_RP_ID: passkeyRpId } = values
  const hasPasskey = factors.includes('passkey')
  // A text that could not be read is a problem of its own already.
  const isReadable = websiteDomains !== undefined && (passkeyRpId !== undefined || !given.has('PASSKEY_RP_ID'))
  return [
    FIRST_FACTOR === 'phone-password' && given.has('SECOND_FACTORS') && !factors.includes('sms') && problem('SECOND_FACTORS', 'FIRST_FACTOR=phone-password needs sms among them.'),
    !hasPasskey && given.has('PASSKEY_RP_ID') && problem('PASSKEY_RP_ID', 'it concerns passkeys. Add passkey to SECOND_FACTORS, or remove it.'),
    values.PASSKEY_SIGN_IN === true && !hasPasskey && problem('PASSKEY_SIGN_IN', 'it concerns passkeys. Add passkey to SECOND_FACTORS, or remove it.'),
    values.ACCOUNT_RECOVERY && FIRST_FACTOR === 'phone-password' && problem('ACCOUNT_RECOVERY', 'FIRST_FACTOR=phone-password has no mailboxes to recover accounts by. Remove it; `fastify-2fa user change-number` gives an account another number.'),
    values.PASSKEY_SIGN_IN === true && FIRST_FACTOR === 'phone-password' && problem('PASSKEY_SIGN_IN', 'FIRST_FACTOR=phone-password says that the number of the account is verified, of which a passkey knows nothing. Remove it, or choose email-password.'),
    ...(hasPasskey && isReadable ? relyingPartyProblems({ passkeyRpId, websiteDomains }) : []).map((message) => problem('PASSKEY_RP_ID', `${message}.`))
  ]
}

const emailFactor: Rule = ({ values, given }) => {
  const { SECOND_FACTORS: factors = [], FIRST_FACTOR, PASSWORD_RESET, ONE_MAILBOX_FOR_BOTH_FACTORS: allowed } = values
  if (!factors.includes('email')) return (['EMAIL_FACTOR_FLOW', 'ONE_MAILBOX_FOR_BOTH_FACTORS'] as const).map((name) => given.has(name) && problem(name, 'it needs email in SECOND_FACTORS.'))
  if (allowed || FIRST_FACTOR === 'phone-password') return []
  const social = values.PLAYGROUND_PROVIDER ? 'PLAYGROUND_PROVIDER' : 'THIRD_PARTY_PROVIDERS'
  const otherwise = 'or set ONE_MAILBOX_FOR_BOTH_FACTORS=true if that is what you want.'
  return [
    PASSWORD_RESET !== false && problem('SECOND_FACTORS', `with email, whoever has the mailbox has both factors, since passwords can be reset by mail. Set PASSWORD_RESET=false, ${otherwise}`),
    given.has(social) && problem(social, `with email in SECOND_FACTORS, whoever has the mailbox has both factors, since a social login is as good as its mailbox. Remove one of them, ${otherwise}`)
  ]
}

/** Strangers could read how many people sign in, and when their attack is noticed. */
const metrics: Rule = ({ values, given }) => [
  values.METRICS === true && values.NODE_ENV === 'production' && !given.has('METRICS_PORT') && !given.has('METRICS_KEY') &&
    problem('METRICS', 'in production, everybody could read /metrics. Set METRICS_PORT, METRICS_KEY, or both.'),
  values.METRICS_KEY?.some((key) => values.SERVICE_CLIENTS?.some(({ secrets }) => secrets.includes(key))) === true && problem('METRICS_KEY', 'a key is the secret of one of SERVICE_CLIENTS, and every scraper has it. Make another one.'),
  values.METRICS === false && (given.has('METRICS_PORT') || given.has('METRICS_KEY')) && problem('METRICS', 'it is false, and METRICS_PORT or METRICS_KEY is set. Remove one or the other.'),
  values.METRICS_PORT !== undefined && values.METRICS_PORT !== 0 && values.METRICS_PORT === values.PORT && problem('METRICS_PORT', 'it is the same as PORT. Choose another one, such as 9464.')
]

const RULES: readonly Rule[] = [core, production, tls, playground, hostedPages, forwardAuth, reachable, provider('SMS_PROVIDER'), provider('MAIL_PROVIDER'), smsSenders, smsSpending, smtp, leakedPasswords, cookies, system, signUpByMail, secondFactors, emailFactor, services, admin, audit, notices, metrics]

/** Contradictions between settings that are valid on their own. */
export function contradictions (reading: Reading): Problem[] {
  return RULES.flatMap((rule) => rule(reading)).filter((found) => found !== false)
}
