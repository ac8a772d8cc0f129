import type { AppInfoOptions, EmbeddedCoreConnectionOptions, MailOptions, RemoteCoreOptions, SmsOptions } from '../options/connections.js'
import type { LimitsOptions } from '../limits/options.js'
import type { ServiceOptions } from '../app.js'
import { defaultEmailVerification } from '../options/resolve.js'
import { testProvider } from './playground.js'
import { settings, type Values } from './settings.js'

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
  const apiDomain = values.API_DOMAIN ?? (values.PORT === 0 ? 'http://localhost' : `http://localhost:${values.PORT}`)
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
      socket: values.EMBEDDED_CORE_SOCKET ?? true,
      ...defined({ port: values.EMBEDDED_CORE_PORT, apiKey: values.EMBEDDED_CORE_API_KEY, secretKey: values.CORE_SECRET_KEY, config: values.EMBEDDED_CORE_CONFIG })
    }
  }
}

function sms (values: Values): SmsOptions {
  switch (values.SMS_PROVIDER) {
    case 'twilio':
      return {
        provider: 'twilio',
        accountSid: sure(values.TWILIO_ACCOUNT_SID),
        authToken: sure(values.TWILIO_AUTH_TOKEN),
        ...defined({ from: values.TWILIO_FROM, messagingServiceSid: values.TWILIO_MESSAGING_SERVICE_SID, baseUrl: values.TWILIO_BASE_URL })
      }
    case 'webhook':
      return { provider: 'webhook', url: sure(values.SMS_WEBHOOK_URL), secret: sure(values.SMS_WEBHOOK_SECRET) }
    case 'supertokens':
      return { provider: 'supertokens', apiKey: sure(values.SMS_SUPERTOKENS_API_KEY) }
    default:
      return { provider: 'log' }
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
  const groups = Object.entries({ sends, signUps, mails }).filter(([, group]) => Object.keys(group).length > 0)
  const given = { ...defined({ redisUrl: values.REDIS_URL, countries: values.SMS_COUNTRIES }), ...Object.fromEntries(groups) }
  return Object.keys(given).length === 0 ? undefined : given
}

function leakedPasswords ({ LEAKED_PASSWORDS_URL: url, LEAKED_PASSWORDS_TIMEOUT: timeout }: Values): ServiceOptions['leakedPasswords'] {
  return url === undefined ? undefined : { url, timeout }
}

function eventReceiver ({ EVENT_RECEIVER_URL: url, EVENT_RECEIVER_TOKEN: token, EVENT_RECEIVER_AUDIENCE: audience }: Values): ServiceOptions['eventReceiver'] {
  return url === undefined ? undefined : { url, token: sure(token), ...defined({ audience }) }
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
    maxEventLoopDelay: values.MAX_EVENT_LOOP_DELAY,
    routesPath: values.ROUTES_PATH,
    openapi: values.OPENAPI ?? values.NODE_ENV !== 'production',
    tokenTransferMethod: values.TOKEN_TRANSFER_METHOD,
    rolesMaxAge: values.ROLES_MAX_AGE,
    sms: sms(values),
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
      limits: limits(values)
    }),
    ...(values.EMBEDDED_CORE_IN_PRODUCTION && { embeddedCoreInProduction: true }),
    ...(values.PRINT_CODES_IN_PRODUCTION && { printCodesInProduction: true })
  }
}
