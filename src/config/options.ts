import type { AppInfoOptions, EmbeddedCoreConnectionOptions, MailOptions, RemoteCoreOptions } from '../options/connections.js'
import type { LimitsOptions } from '../limits/options.js'
import type { AuditTrailOptions, AuditWebhookOptions } from '../audit/options.js'
import type { ServiceOptions } from '../app.js'
import { defaultEmailVerification } from '../options/resolve.js'
import { testProvider } from './playground.js'
import { settings, type Values } from './settings.js'
import { smsOptions } from './sms.js'

type Defined<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> }

/** Drops unset fields, so that the library's defaults apply. */
function defined<Fields extends Record<string, unknown>> (fields: Fields): Defined<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>
}

/** Asserts a value that the rules have already checked: a chosen provider has all it needs. */
const sure = (value: string | undefined): string => value as string

/** Hosted pages are the first website. That of a developer's machine is none then, unless it was named. */
function websites ({ HOSTED_PAGES: hosted, WEBSITE_DOMAIN: named }: Values, apiDomain: string): string[] {
  if (!hosted) return named
  return [...new Set([apiDomain, ...named.filter((website) => website !== settings.WEBSITE_DOMAIN.default)])]
}

function appInfo (values: Values): AppInfoOptions {
  // With port 0 the real port is not known yet. Only links that contest a change point there; set API_DOMAIN for them.
  const scheme = values.TLS_CERT_FILE === undefined ? 'http' : 'https'
  const apiDomain = values.API_DOMAIN ?? (values.PORT === 0 ? `${scheme}://localhost` : `${scheme}://localhost:${values.PORT}`)
  return {
    appName: values.APP_NAME,
    apiDomain,
    apiBasePath: values.API_BASE_PATH,
    websiteDomains: websites(values, apiDomain),
    websiteBasePath: values.WEBSITE_BASE_PATH,
    ...defined({ apiGatewayPath: values.API_GATEWAY_PATH, apiInternalPath: values.API_INTERNAL_PATH })
  }
}

export function core (values: Values): RemoteCoreOptions | { embedded: EmbeddedCoreConnectionOptions } {
  const { SUPERTOKENS_CONNECTION_URI: connectionURI, SUPERTOKENS_API_KEY: apiKey } = values
  if (connectionURI !== undefined) return { connectionURI, ...defined({ apiKey }) }
  return {
    embedded: {
      file: values.EMBEDDED_CORE_FILE,
      durability: values.EMBEDDED_CORE_DURABILITY,
      maxHashWait: values.EMBEDDED_CORE_MAX_HASH_WAIT,
      ...(values.EMBEDDED_CORE_FILE !== ':memory:' && { backupSocket: true }),
      ...(values.BACKUP_DIR !== undefined && {
        backups: { directory: values.BACKUP_DIR, every: 1000 * values.BACKUP_EVERY, keep: values.BACKUP_KEEP, ...defined({ key: values.BACKUP_KEY }) }
      }),
      socket: values.EMBEDDED_CORE_SOCKET ?? true,
      ...defined({ port: values.EMBEDDED_CORE_PORT, apiKey: values.EMBEDDED_CORE_API_KEY, secretKey: values.CORE_SECRET_KEY, encryption: values.EMBEDDED_CORE_ENCRYPTION, config: values.EMBEDDED_CORE_CONFIG })
    }
  }
}

function mail (values: Values): MailOptions {
  if (values.MAIL_PROVIDER !== 'smtp') return { provider: 'log' }
  return {
    provider: 'smtp',
    host: sure(values.SMTP_HOST),
    port: values.SMTP_PORT,
    secure: values.SMTP_SECURE ?? values.SMTP_PORT === 465,
    from: sure(values.MAIL_FROM),
    ...defined({ user: values.SMTP_USER, password: values.SMTP_PASSWORD })
  }
}

function providers ({ THIRD_PARTY_PROVIDERS: providers, PLAYGROUND_PROVIDER, WEBSITE_DOMAIN: [website = ''] }: Values): ServiceOptions['thirdPartyProviders'] {
  return PLAYGROUND_PROVIDER ? [...providers ?? [], testProvider(website)] : providers
}

function hostedPages (values: Values): NonNullable<ServiceOptions['hostedPages']> {
  const { HOSTED_PAGES_LOGO: logo, HOSTED_PAGES_ACCENT: accent, HOSTED_PAGES_REDIRECTS: redirects, HOSTED_PAGES_AFTER_SIGN_IN: afterSignIn } = values
  if (!values.HOSTED_PAGES) return false
  return { ...defined({ logo, redirects, afterSignIn }), ...(accent !== undefined && { variables: { '--accent-light': accent } }) }
}

function forwardAuth ({ FORWARD_AUTH_ORIGINS: origins, FORWARD_AUTH_PROXY_SECRET: proxySecret, FORWARD_AUTH_PROXIES: proxies, FORWARD_AUTH_PATH: path, FORWARD_AUTH_SIGN_IN_PAGE: signInPage }: Values): ServiceOptions['forwardAuth'] {
  return origins === undefined ? undefined : { origins, path, ...defined({ proxySecret, proxies, signInPage }) }
}

/** Only the limits that have settings; the numbers are the library's defaults. */
function limits (values: Values): LimitsOptions | undefined {
  const sends = defined({ newNumbersPerHour: values.SMS_NEW_NUMBERS_PER_HOUR, newNumbersPerDay: values.SMS_NEW_NUMBERS_PER_DAY })
  const signUps = defined({ perHourInAll: values.SIGN_UPS_PER_HOUR, perDayInAll: values.SIGN_UPS_PER_DAY })
  const mails = defined({ perHourInAll: values.VERIFICATION_MAILS_PER_HOUR, perDayInAll: values.VERIFICATION_MAILS_PER_DAY })
  const { SMS_PRICES: prices, SMS_SPEND_LIMIT: perDay, SMS_CURRENCY: currency } = values
  const spend = prices === undefined ? {} : { prices, ...defined({ perDay, currency }) }
  const groups = Object.entries({ sends, spend, signUps, mails }).filter(([, group]) => Object.keys(group).length > 0)
  const given = { ...defined({ redisUrl: values.REDIS_URL, countries: values.SMS_COUNTRIES }), ...Object.fromEntries(groups) }
  return Object.keys(given).length === 0 ? undefined : given
}

function leakedPasswords ({ LEAKED_PASSWORDS_URL: url, LEAKED_PASSWORDS_TIMEOUT: timeout }: Values): ServiceOptions['leakedPasswords'] {
  return url === undefined ? undefined : { url, timeout }
}

function eventReceiver ({ EVENT_RECEIVER_URL: url, EVENT_RECEIVER_TOKEN: token, EVENT_RECEIVER_AUDIENCE: audience }: Values): ServiceOptions['eventReceiver'] {
  return url === undefined ? undefined : { url, token: sure(token), ...defined({ audience }) }
}

/** Off only where it is said: whoever names a port or a key wants it. */
function metrics ({ METRICS: isOn, METRICS_PORT: port, METRICS_KEY: key, NODE_ENV, HOST }: Values): Pick<ServiceOptions, 'metrics' | 'metricsEndpoint'> {
  if (!(isOn ?? (port !== undefined || key !== undefined))) return {}
  const host = port === undefined ? undefined : HOST ?? defaultHost(NODE_ENV)
  return { metrics: { routes: 'all' }, metricsEndpoint: defined({ port, host, key }) }
}

/** A container in production must be reachable from outside; elsewhere, nobody else should be able to read codes. */
export function defaultHost (env: Values['NODE_ENV']): string {
  return env === 'production' ? '0.0.0.0' : '127.0.0.1'
}

function outboxPlace (outbox: string, redisUrl: string | undefined): AuditWebhookOptions['outbox'] {
  if (outbox === 'redis') return { redisUrl: sure(redisUrl) }
  return /^postgres(?:ql)?:\/\//.test(outbox) ? { postgresUrl: outbox } : { file: outbox }
}

/** What a setting needs that is not there is a contradiction of its own (`rules.ts`). */
function audit (values: Values): AuditTrailOptions | undefined {
  const { AUDIT_SINKS: sinks, AUDIT_FILE: path, AUDIT_CHAIN_KEY: chainKey, AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: secrets, AUDIT_OUTBOX: outbox = 'redis', REDIS_URL: redisUrl } = values
  if (sinks === undefined) return undefined
  return {
    required: values.AUDIT_REQUIRED,
    ...(sinks.includes('stdout') && { stdout: true }),
    ...(sinks.includes('otel') && { otel: true }),
    ...(sinks.includes('file') && { file: { path: sure(path), sync: values.AUDIT_FILE_SYNC, ...defined({ chainKey }) } }),
    ...(sinks.includes('webhook') && { webhook: { url: sure(url), secrets: secrets ?? [], outbox: outboxPlace(outbox, redisUrl), most: values.AUDIT_OUTBOX_MAX } })
  }
}

function admin (values: Values): ServiceOptions['admin'] {
  const { ADMIN_KEYS: keys, ADMIN_CERTIFICATES: certificates, ADMIN_PAGE: hasPage } = values
  if (keys === undefined && certificates === undefined && !hasPage) return undefined
  return { ...defined({ keys, certificates }), ownListener: values.ADMIN_PORT !== undefined, page: hasPage && values.ADMIN_PAGE_ROLES }
}

/** The options of the service, as a program would pass them. */
export function serviceOptions (values: Values): ServiceOptions {
  return {
    production: values.NODE_ENV === 'production',
    appInfo: appInfo(values),
    core: core(values),
    firstFactor: values.FIRST_FACTOR,
    emailVerification: values.EMAIL_VERIFICATION ?? defaultEmailVerification(values.FIRST_FACTOR),
    existenceChecks: values.EXISTENCE_CHECKS,
    signUpByMail: values.SIGN_UP_BY_MAIL,
    secondFactors: values.SECOND_FACTORS,
    emailFactorFlow: values.EMAIL_FACTOR_FLOW,
    oneMailboxForBothFactors: values.ONE_MAILBOX_FOR_BOTH_FACTORS,
    secondFactorEnforcement: values.SECOND_FACTOR_ENFORCEMENT,
    secondFactorRequired: values.SECOND_FACTOR_REQUIRED,
    accountRecovery: values.ACCOUNT_RECOVERY,
    recoveryPeriod: values.RECOVERY_PERIOD,
    exposePhoneNumber: values.EXPOSE_PHONE_NUMBER,
    codeLifetime: values.CODE_LIFETIME,
    contestPeriod: values.CONTEST_PERIOD,
    newBrowserNotices: values.NEW_BROWSER_NOTICES,
    defaultLanguage: values.DEFAULT_LANGUAGE,
    hostedPages: hostedPages(values),
    authConcurrency: values.AUTH_CONCURRENCY,
    authMaxWait: values.AUTH_MAX_WAIT,
    maxEventLoopDelay: values.MAX_EVENT_LOOP_DELAY,
    routesPath: values.ROUTES_PATH,
    openapi: values.OPENAPI ?? values.NODE_ENV !== 'production',
    tokenTransferMethod: values.TOKEN_TRANSFER_METHOD,
    rolesMaxAge: values.ROLES_MAX_AGE,
    traceUserIds: values.TRACE_USER_IDS,
    traceSenders: values.TRACE_SENDERS,
    sms: smsOptions(values),
    mail: mail(values),
    ...defined({
      thirdPartyProviders: providers(values),
      passwordReset: values.PASSWORD_RESET,
      passwordMinLength: values.PASSWORD_MIN_LENGTH,
      leakedPasswords: leakedPasswords(values),
      noticesOff: values.NOTICES_OFF,
      supportContact: values.SUPPORT_CONTACT,
      defaultCountry: values.DEFAULT_COUNTRY,
      passkeyRpId: values.PASSKEY_RP_ID,
      passkeySignIn: values.PASSKEY_SIGN_IN,
      knownBrowsers: values.KNOWN_BROWSERS,
      recoveryCodes: values.RECOVERY_CODES,
      factorKeys: values.FACTOR_KEY,
      antiCsrf: values.ANTI_CSRF,
      cookieDomain: values.COOKIE_DOMAIN,
      signingKeys: values.SIGNING_KEYS,
      forwardAuth: forwardAuth(values),
      serviceClients: values.SERVICE_CLIENTS,
      admin: admin(values),
      eventReaders: values.EVENT_READERS,
      eventReceiver: eventReceiver(values),
      audit: audit(values),
      limits: limits(values)
    }),
    ...metrics(values),
    ...(values.SMS_RECEIPTS && { smsReceipts: true }),
    ...(values.EMBEDDED_CORE_IN_PRODUCTION && { embeddedCoreInProduction: true }),
    ...(values.PRINT_CODES_IN_PRODUCTION && { printCodesInProduction: true })
  }
}
