import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import t from 'tap'
import { loadConfig } from '../src/config/load.js'
import { renderExample, renderHelp, renderTable } from '../src/config/document.js'
import { nearest } from '../src/config/near.js'
import { changesBetween } from '../src/config/changes.js'
import { names, setting, type Values } from '../src/config/settings.js'
import { summary } from '../src/config/summary.js'
import { NOTICE_NAMES } from '../src/second-factor/notice-texts.js'
import { pathTo } from './root.js'

type Env = Record<string, string>

const PRODUCTION: Env = {
  NODE_ENV: 'production',
  API_DOMAIN: 'https://auth.example.com',
  WEBSITE_DOMAIN: 'https://www.example.com',
  SUPERTOKENS_CONNECTION_URI: 'https://core.internal:3567',
  SUPERTOKENS_API_KEY: 'the-key-of-the-core-1',
  REDIS_URL: 'rediss://service:hush@redis.internal:6380/1',
  SMS_COUNTRIES: 'US, CA,49',
  SMS_PROVIDER: 'webhook',
  SMS_WEBHOOK_URL: 'https://sms.example.com/hook?tenant=7',
  SMS_WEBHOOK_SECRET: 'shh',
  MAIL_PROVIDER: 'smtp',
  SMTP_HOST: 'smtp.example.com',
  MAIL_FROM: 'Example <login@example.com>',
  TRUST_PROXY: '10.0.0.0/8'
}

const METRICS_KEY = 'a-key-of-metrics-0123456789-abcdefgh'

/** The problems of an environment, as `VARIABLE: message` each. */
function problems (env: Env): string[] {
  try {
    loadConfig(env)
  } catch (error) {
    const { code, problems, message } = error as { code: string, message: string, problems: Array<{ variable: string, message: string }> }
    t.equal(code, 'AUTH_CONFIG_INVALID')
    for (const problem of problems) t.ok(message.includes(`\n  ${problem.variable}: ${problem.message}`), `${problem.variable} is in the message`)
    return problems.map(({ variable, message }) => `${variable}: ${message}`)
  }
  return []
}

const variables = (env: Env): string[] => problems(env).map((text) => text.split(':', 1)[0] ?? '')

t.test('with nothing configured everything runs on this machine', async (t) => {
  const { options, warnings, ...process } = loadConfig({})
  t.strictSame(process, { host: '127.0.0.1', port: 3000, logLevel: 'info', production: false, trustProxy: false, trustTraceparent: false, shutdownTimeout: 10_000, shutdownDelay: 0, adminListener: undefined, playground: { provider: false } })
  t.strictSame(options, {
    production: false,
    appInfo: { appName: 'fastify-2fa', apiDomain: 'http://localhost:3000', apiBasePath: '/auth', websiteDomains: ['http://localhost:3001'], websiteBasePath: '/auth' },
    core: { embedded: { file: './data/core.sqlite', durability: 'full', maxHashWait: 4000, backupSocket: true, socket: true } },
    firstFactor: 'email-password',
    emailVerification: 'optional',
    existenceChecks: false,
    signUpByMail: false,
    secondFactors: ['sms'],
    emailFactorFlow: 'code',
    oneMailboxForBothFactors: false,
    passkeySignIn: false,
    knownBrowsers: false,
    newBrowserNotices: false,
    secondFactorEnforcement: 'global',
    secondFactorRequired: 'everyone',
    exposePhoneNumber: true,
    accountRecovery: false,
    recoveryPeriod: '72h',
    codeLifetime: 300,
    contestPeriod: '72h',
    defaultLanguage: 'en',
    hostedPages: false,
    authConcurrency: 256,
    authMaxWait: 2000,
    maxEventLoopDelay: 1000,
    routesPath: '/',
    openapi: true,
    tokenTransferMethod: 'any',
    rolesMaxAge: 300,
    traceUserIds: false,
    traceSenders: false,
    sms: { provider: 'log' },
    mail: { provider: 'log' }
  })
  t.match(warnings, [/^NODE_ENV is not production/, /^SMS codes/, /^Mails are printed/, /^Accounts are in one SQLite file/, /^API_DOMAIN is not https/])
  t.equal(loadConfig({ PORT: '4000' }).options.appInfo?.apiDomain, 'http://localhost:4000')
})

t.test('an empty variable is the same as none', async (t) => {
  t.strictSame(loadConfig(Object.fromEntries(names.map((name) => [name, ' ']))), loadConfig({}))
})

t.test('every setting reaches the options', async (t) => {
  const { options, ...process } = loadConfig({
    NODE_ENV: 'development',
    PORT: '0',
    HOST: '::1',
    LOG_LEVEL: 'debug',
    TRUST_PROXY: 'loopback, 10.0.0.0/8,fd00::/8,192.0.2.1',
    TRUST_TRACEPARENT: 'true',
    TRACE_USER_IDS: 'true',
    TRACE_SENDERS: 'true',
    SHUTDOWN_TIMEOUT: '3',
    SHUTDOWN_DELAY: '5',
    AUTH_CONCURRENCY: '20',
    AUTH_MAX_WAIT: '1500ms',
    MAX_EVENT_LOOP_DELAY: '0',
    APP_NAME: 'Café',
    API_DOMAIN: 'https://auth.example.com/',
    API_BASE_PATH: '/v1.0/auth/',
    API_GATEWAY_PATH: '/api/',
    API_INTERNAL_PATH: '/v1.0',
    ROUTES_PATH: '/internal/',
    WEBSITE_DOMAIN: 'https://www.example.com, https://app.example.com:8443,,https://www.example.com',
    WEBSITE_BASE_PATH: '/',
    EMAIL_VERIFICATION: 'required',
    PASSWORD_RESET: 'Off',
    PASSWORD_MIN_LENGTH: '12',
    LEAKED_PASSWORDS_URL: 'https://pwned.example.com/range',
    LEAKED_PASSWORDS_TIMEOUT: '3',
    EXISTENCE_CHECKS: '1',
    SECOND_FACTORS: 'email, passkey, sms, totp',
    EMAIL_FACTOR_FLOW: 'link',
    ONE_MAILBOX_FOR_BOTH_FACTORS: 'on',
    PASSKEY_RP_ID: 'example.com',
    PASSKEY_SIGN_IN: 'yes',
    KNOWN_BROWSERS: 'true',
    RECOVERY_CODES: 'no',
    FACTOR_KEY: `${'n'.repeat(32)},${'o'.repeat(32)}`,
    SECOND_FACTOR_ENFORCEMENT: 'route',
    SECOND_FACTOR_REQUIRED: 'roles:admin, editor',
    EXPOSE_PHONE_NUMBER: 'false',
    CODE_LIFETIME: '120',
    ACCOUNT_RECOVERY: 'true',
    RECOVERY_PERIOD: '48h',
    CONTEST_PERIOD: '7d',
    NOTICES_OFF: 'wrong-codes, locked',
    NEW_BROWSER_NOTICES: 'true',
    DEFAULT_LANGUAGE: 'pt',
    DEFAULT_COUNTRY: 'DE',
    ROLES_MAX_AGE: '60',
    TOKEN_TRANSFER_METHOD: 'cookie',
    ANTI_CSRF: 'VIA_TOKEN',
    COOKIE_DOMAIN: '.example.com',
    HOSTED_PAGES: 'true',
    HOSTED_PAGES_LOGO: '/data/logo.svg',
    HOSTED_PAGES_ACCENT: '0a6640',
    HOSTED_PAGES_REDIRECTS: 'https://shop.example.com, https://*.apps.example.com',
    HOSTED_PAGES_AFTER_SIGN_IN: '/home',
    OPENAPI: 'false',
    METRICS: 'yes',
    METRICS_PORT: '9464',
    METRICS_KEY: `${METRICS_KEY},${METRICS_KEY.toUpperCase()}`,
    EMBEDDED_CORE_FILE: ':memory:',
    EMBEDDED_CORE_DURABILITY: 'normal',
    EMBEDDED_CORE_MAX_HASH_WAIT: '2500',
    EMBEDDED_CORE_PORT: '3567',
    EMBEDDED_CORE_SOCKET: 'off',
    EMBEDDED_CORE_API_KEY: 'a-key-of-twenty-letters',
    CORE_SECRET_KEY: `${'n'.repeat(32)},${'o'.repeat(32)}`,
    EMBEDDED_CORE_ENCRYPTION: 'all',
    EMBEDDED_CORE_CONFIG: '{"access_token_validity":60,"password_hashing_alg":"ARGON2","access_token_blacklisting":true}'
  })
  t.strictSame(options, {
    production: false,
    appInfo: {
      appName: 'Café',
      apiDomain: 'https://auth.example.com',
      apiBasePath: '/v1.0/auth',
      apiGatewayPath: '/api',
      apiInternalPath: '/v1.0',
      websiteDomains: ['https://auth.example.com', 'https://www.example.com', 'https://app.example.com:8443'],
      websiteBasePath: '/'
    },
    core: { embedded: { file: ':memory:', durability: 'normal', maxHashWait: 2500, socket: false, port: 3567, apiKey: 'a-key-of-twenty-letters', secretKey: `${'n'.repeat(32)},${'o'.repeat(32)}`, encryption: 'all', config: { access_token_validity: 60, password_hashing_alg: 'ARGON2', access_token_blacklisting: true } } },
    firstFactor: 'email-password',
    emailVerification: 'required',
    existenceChecks: true,
    signUpByMail: false,
    secondFactors: ['email', 'passkey', 'sms', 'totp'],
    emailFactorFlow: 'link',
    oneMailboxForBothFactors: true,
    passkeySignIn: true,
    knownBrowsers: true,
    recoveryCodes: false,
    factorKeys: ['n'.repeat(32), 'o'.repeat(32)],
    secondFactorEnforcement: 'route',
    secondFactorRequired: { roles: ['admin', 'editor'] },
    exposePhoneNumber: false,
    codeLifetime: 120,
    accountRecovery: true,
    recoveryPeriod: '48h',
    contestPeriod: '7d',
    defaultLanguage: 'pt',
    hostedPages: {
      logo: '/data/logo.svg',
      variables: { '--accent-light': '#0a6640' },
      redirects: ['https://shop.example.com', 'https://*.apps.example.com'],
      afterSignIn: '/home'
    },
    authConcurrency: 20,
    authMaxWait: 1500,
    maxEventLoopDelay: 0,
    routesPath: '/internal',
    openapi: false,
    tokenTransferMethod: 'cookie',
    rolesMaxAge: 60,
    sms: { provider: 'log' },
    mail: { provider: 'log' },
    noticesOff: ['wrong-codes', 'locked'],
    newBrowserNotices: true,
    passwordReset: false,
    passwordMinLength: 12,
    leakedPasswords: { url: 'https://pwned.example.com/range', timeout: 3 },
    defaultCountry: 'DE',
    passkeyRpId: 'example.com',
    antiCsrf: 'VIA_TOKEN',
    cookieDomain: '.example.com',
    traceUserIds: true,
    traceSenders: true,
    metrics: { routes: 'all' },
    metricsEndpoint: { port: 9464, host: '::1', key: [METRICS_KEY, METRICS_KEY.toUpperCase()] }
  })
  t.match(process, { trustTraceparent: true, host: '::1', port: 0, logLevel: 'debug', shutdownTimeout: 3000, shutdownDelay: 5000, trustProxy: ['loopback', '10.0.0.0/8', 'fd00::/8', '192.0.2.1'] })
  t.equal(loadConfig({ TRUST_PROXY: 'true' }).trustProxy, true)
  t.equal(loadConfig({ FIRST_FACTOR: 'phone-password' }).options.firstFactor, 'phone-password')
})

t.test('times are read with a unit as well as without', async (t) => {
  const { options, shutdownTimeout, shutdownDelay } = loadConfig({
    SHUTDOWN_TIMEOUT: '2m', SHUTDOWN_DELAY: '0s', CODE_LIFETIME: '5m', ROLES_MAX_AGE: '24h', MAX_EVENT_LOOP_DELAY: '2s', EMBEDDED_CORE_MAX_HASH_WAIT: '1500ms', CONTEST_PERIOD: '86400'
  })
  t.match({ ...options, shutdownTimeout, shutdownDelay }, {
    shutdownTimeout: 120_000, shutdownDelay: 0, codeLifetime: 300, rolesMaxAge: 86_400, maxEventLoopDelay: 2000, core: { embedded: { maxHashWait: 1500 } }, contestPeriod: '86400s'
  })
})

t.test('a service that speaks TLS itself is at https, and has no proxy to name', async (t) => {
  const tls = { TLS_CERT_FILE: '/run/secrets/tls.crt', TLS_KEY_FILE: '/run/secrets/tls.key' }
  const { options, warnings, ...process } = loadConfig({ ...tls, PORT: '8443' })
  t.strictSame([options.appInfo?.apiDomain, process.tls], ['https://localhost:8443', { certFile: tls.TLS_CERT_FILE, keyFile: tls.TLS_KEY_FILE }])
  t.notMatch(warnings.join(), /https/)
  const { TRUST_PROXY: _proxy, ...production } = PRODUCTION
  t.match(loadConfig(production).warnings.join(), /TRUST_PROXY/)
  t.notMatch(loadConfig({ ...production, ...tls }).warnings.join(), /TRUST_PROXY/)
})

t.test('an IPv6 address to listen on may have its brackets', async (t) => {
  t.match(loadConfig({ HOST: '[::1]' }), { host: '::1' })
})

t.test('each provider of messages gets what it needs', async (t) => {
  const twilio = { SMS_PROVIDER: 'twilio', TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'x' }
  t.strictSame(loadConfig({ ...twilio, TWILIO_FROM: '+14155550100' }).options.sms, { provider: 'twilio', accountSid: 'AC1', authToken: 'x', from: '+14155550100' })
  t.strictSame(loadConfig({ ...twilio, TWILIO_MESSAGING_SERVICE_SID: 'MG1', TWILIO_BASE_URL: 'http://localhost:9/x' }).options.sms,
    { provider: 'twilio', accountSid: 'AC1', authToken: 'x', messagingServiceSid: 'MG1', baseUrl: 'http://localhost:9/x' })
  const all = {
    ...twilio,
    SMS_PROVIDER: 'twilio,http:two,twilio-whatsapp,twilio-voice',
    TWILIO_FROM: 'Example',
    TWILIO_WHATSAPP_CONTENT_SID: 'HX1',
    TWILIO_WHATSAPP_FROM: '+14155550100',
    TWILIO_VOICE_FROM: '+14155550101',
    SMS_HTTP: '[{"name":"one","url":"https://one.example.com"},{"name":"two","url":"https://two.example.com"}]',
    SMS_PROVIDER_BY_COUNTRY: '{"DE":"http,http:one","1":"http:two,twilio"}',
    SMS_RECEIPTS: 'true',
    SMS_PRICES: '{"default":0.08,"US":0.01}',
    SMS_SPEND_LIMIT: '12.50',
    SMS_CURRENCY: 'EUR'
  }
  const account = { accountSid: 'AC1', authToken: 'x' }
  const [one, two, viaTwilio] = [{ provider: 'http', name: 'one', url: 'https://one.example.com' }, { provider: 'http', name: 'two', url: 'https://two.example.com' }, { provider: 'twilio', ...account, from: 'Example' }]
  const { sms, smsReceipts, limits } = loadConfig(all).options
  t.strictSame(sms, {
    default: [viaTwilio, two, { provider: 'twilio-whatsapp', ...account, contentSid: 'HX1', from: '+14155550100' }, { provider: 'twilio-voice', ...account, from: '+14155550101' }],
    countries: { DE: one, 1: [two, viaTwilio] }
  })
  const byCountry = sms as unknown as { default: unknown[], countries: Record<string, unknown[]> }
  t.equal(byCountry.default[1], byCountry.countries['1']![0], 'one provider, and one knowledge of its health')
  t.equal(smsReceipts, true)
  t.strictSame(limits, { spend: { prices: { default: 0.08, US: 0.01 }, perDay: 12.5, currency: 'EUR' } })
  t.equal(summary(loadConfig(all)).sms, 'twilio, then two https://two.example.com, then twilio-whatsapp, then twilio-voice; 1: two https://two.example.com, then twilio; DE: one https://one.example.com')
  t.strictSame(loadConfig({ ...twilio, SMS_PROVIDER: 'twilio-whatsapp', TWILIO_WHATSAPP_CONTENT_SID: 'HX1', TWILIO_MESSAGING_SERVICE_SID: 'MG1' }).options.sms, { provider: 'twilio-whatsapp', ...account, contentSid: 'HX1', messagingServiceSid: 'MG1' })
  t.strictSame(loadConfig({ SMS_PROVIDER: 'supertokens', SMS_SUPERTOKENS_API_KEY: 'k' }).options.sms, { provider: 'supertokens', apiKey: 'k' })
  t.strictSame(loadConfig(PRODUCTION).options.sms, { provider: 'webhook', url: 'https://sms.example.com/hook?tenant=7', secret: 'shh' })
  t.strictSame(loadConfig(PRODUCTION).options.mail, { provider: 'smtp', host: 'smtp.example.com', port: 587, secure: false, from: 'Example <login@example.com>' })
  t.match(loadConfig({ ...PRODUCTION, SMTP_PORT: '465', SMTP_USER: 'u', SMTP_PASSWORD: 'p' }).options.mail, { port: 465, secure: true, user: 'u', password: 'p' })
})

t.test('metrics are off, unless they are asked for; in production they have a port or a key', async (t) => {
  t.equal(loadConfig({}).options.metrics, undefined)
  t.strictSame(loadConfig({ METRICS: 'true' }).options.metricsEndpoint, {})
  t.strictSame(loadConfig({ METRICS_PORT: '9464' }).options, { ...loadConfig({}).options, metrics: { routes: 'all' }, metricsEndpoint: { port: 9464, host: '127.0.0.1' } })
  t.strictSame(loadConfig({ ...PRODUCTION, METRICS_PORT: '9464' }).options.metricsEndpoint, { port: 9464, host: '0.0.0.0' })
  t.strictSame(loadConfig({ ...PRODUCTION, METRICS_KEY }).options.metricsEndpoint, { key: [METRICS_KEY] })
  t.match(loadConfig({ ...PRODUCTION, METRICS_PORT: '9464' }).warnings, [/METRICS_KEY/])
  t.equal(summary(loadConfig({ ...PRODUCTION, METRICS_PORT: '9464' })).metrics, 'at port 9464, for everybody who reaches it')
  t.equal(summary(loadConfig({ ...PRODUCTION, METRICS_KEY })).metrics, 'at the port of the service, with a key')
  t.match(problems({ ...PRODUCTION, METRICS: 'true' }), [/^METRICS: in production, everybody could read/])
  t.match(problems({ METRICS: 'false', METRICS_KEY }), [/^METRICS: it is false/])
  t.match(problems({ PORT: '3000', METRICS_PORT: '3000' }), [/^METRICS_PORT: it is the same as PORT/])
  t.match(problems({ METRICS_KEY: 'hunter2-hunter2-hunter2-hunter2-hunter2' }), [/^METRICS_KEY: /])
  t.match(problems({ API_BASE_PATH: '/metrics' }), [/^API_BASE_PATH: the service already uses/])
})

t.test('forward-auth, and what it needs', async (t) => {
  const secret = 's'.repeat(32)
  const on = { FORWARD_AUTH_ORIGINS: 'https://shop.example.com,https://*.apps.example.com', API_DOMAIN: 'https://auth.example.com', COOKIE_DOMAIN: 'example.com', NODE_ENV: 'development' }
  t.strictSame(loadConfig({ ...on, FORWARD_AUTH_PROXY_SECRET: `${secret},${'o'.repeat(32)}` }).options.forwardAuth, {
    origins: ['https://shop.example.com', 'https://*.apps.example.com'], path: '/verify', proxySecret: [secret, 'o'.repeat(32)]
  })
  t.strictSame(loadConfig({ ...on, FORWARD_AUTH_PROXIES: '10.0.0.0/8, loopback', FORWARD_AUTH_PATH: '/ask', FORWARD_AUTH_SIGN_IN_PAGE: 'https://example.com/in' }).options.forwardAuth, {
    origins: ['https://shop.example.com', 'https://*.apps.example.com'], path: '/ask', proxies: ['10.0.0.0/8', 'loopback'], signInPage: 'https://example.com/in'
  })
  t.match(problems(on), [/^FORWARD_AUTH_PROXY_SECRET: .*only the proxy may ask/])
  t.match(problems({ FORWARD_AUTH_PROXY_SECRET: secret, FORWARD_AUTH_PATH: '/x' }), [/^FORWARD_AUTH_PROXY_SECRET: .*FORWARD_AUTH_ORIGINS/, /^FORWARD_AUTH_PATH: .*FORWARD_AUTH_ORIGINS/])
  t.match(problems({ ...on, FORWARD_AUTH_PROXY_SECRET: secret, COOKIE_DOMAIN: '' }), [/^COOKIE_DOMAIN: browsers do not send/])
  t.strictSame(problems({ ...on, FORWARD_AUTH_PROXY_SECRET: secret, COOKIE_DOMAIN: '', TOKEN_TRANSFER_METHOD: 'header' }), [])
  t.match(problems({ ...on, FORWARD_AUTH_PROXY_SECRET: secret, FORWARD_AUTH_PATH: '/auth/verify' }), [/^FORWARD_AUTH_PATH: .*already uses/])
  t.match(problems({ ...on, FORWARD_AUTH_PROXY_SECRET: 'short-secret', FORWARD_AUTH_PROXIES: '10.0.0.0/33' }), [/^FORWARD_AUTH_PROXY_SECRET: (?!.*short-secret)/, /^FORWARD_AUTH_PROXIES: .*Entry 1/])
  t.match(problems({ ...on, FORWARD_AUTH_PROXY_SECRET: secret, FORWARD_AUTH_ORIGINS: 'https://*.com' }), [/^FORWARD_AUTH_ORIGINS/])
  const { WEBSITE_DOMAIN: _website, ...production } = PRODUCTION
  const warned = loadConfig({ ...production, FORWARD_AUTH_ORIGINS: 'https://shop.example.com', COOKIE_DOMAIN: 'example.com', FORWARD_AUTH_PROXY_SECRET: secret }).warnings
  t.ok(warned.some((warning) => warning.includes('(SIGNING_KEYS)')))
})

t.test('backups of the embedded Core by the service itself', async (t) => {
  const backupsWith = (env: Env) => {
    const { core } = loadConfig(env).options
    return core !== undefined && 'embedded' in core ? core.embedded.backups : undefined
  }
  t.equal(backupsWith({}), undefined)
  t.strictSame(backupsWith({ BACKUP_DIR: '/b' }), { directory: '/b', every: 86_400_000, keep: 7 })
  t.strictSame(backupsWith({ BACKUP_DIR: '/b', BACKUP_EVERY: '90m', BACKUP_KEEP: '3', BACKUP_KEY: 'k'.repeat(32) }), { directory: '/b', every: 5_400_000, keep: 3, key: 'k'.repeat(32) })
  t.match(problems({ BACKUP_DIR: '/b', BACKUP_EVERY: '5s', BACKUP_KEEP: '0', BACKUP_KEY: 'short' }), [/^BACKUP_EVERY: /, /^BACKUP_KEEP: /, /^BACKUP_KEY: .*not shown/])
  t.match(loadConfig({ BACKUP_DIR: '/b' }).warnings.join(), /Whoever reads a backup/)
  for (const name of ['BACKUP_KEY', 'CORE_SECRET_KEY']) t.notMatch(loadConfig({ BACKUP_DIR: '/b', [name]: 'k'.repeat(32) }).warnings.join(), /Whoever reads a backup/)
})

t.test('a Core elsewhere, one or several', async (t) => {
  t.strictSame(loadConfig({ SUPERTOKENS_CONNECTION_URI: 'http://a:3567; http://b:3567/path ;' }).options.core, { connectionURI: 'http://a:3567;http://b:3567/path' })
  t.strictSame(loadConfig(PRODUCTION).options.core, { connectionURI: 'https://core.internal:3567', apiKey: 'the-key-of-the-core-1' })
})

t.test('where limits are counted, and the countries that codes go to', async (t) => {
  t.strictSame(loadConfig(PRODUCTION).options.limits, { redisUrl: PRODUCTION.REDIS_URL, countries: ['US', 'CA', '49'] })
  t.strictSame(loadConfig({ SMS_COUNTRIES: '+1' }).options.limits, { countries: ['+1'] })
  t.strictSame(loadConfig({ SMS_NEW_NUMBERS_PER_DAY: '900', SIGN_UPS_PER_HOUR: '50', VERIFICATION_MAILS_PER_DAY: '70' }).options.limits, {
    sends: { newNumbersPerDay: 900 }, signUps: { perHourInAll: 50 }, mails: { perDayInAll: 70 }
  })
  t.match(problems({ REDIS_URL: 'localhost:6379', SMS_COUNTRIES: 'US,Germany' }), [/^REDIS_URL: .*`redis:\/\//, /^SMS_COUNTRIES: .*Entry 2/])
  const { REDIS_URL: _redis, SMS_COUNTRIES: _countries, ...rest } = PRODUCTION
  t.match(loadConfig(rest).warnings, [/^Limits are counted in this process/, /^Codes are sent to any country/])
})

t.test('social logins in the short form and in the SDK\'s own', async (t) => {
  const load = (content: unknown) => loadConfig({ THIRD_PARTY_PROVIDERS: JSON.stringify(content) }).options.thirdPartyProviders
  t.strictSame(load([{ thirdPartyId: 'google', clientId: 'i', clientSecret: 's', scope: ['email'] }]),
    [{ config: { thirdPartyId: 'google', clients: [{ clientId: 'i', clientSecret: 's', scope: ['email'] }] } }])
  t.strictSame(load([{ thirdPartyId: 'company', name: 'Company', clientId: 'i', oidcDiscoveryEndpoint: 'http://localhost:4/.well-known/openid-configuration' }]),
    [{ config: { thirdPartyId: 'company', name: 'Company', oidcDiscoveryEndpoint: 'http://localhost:4/.well-known/openid-configuration', clients: [{ clientId: 'i' }] } }])
  t.strictSame(load([{ thirdPartyId: 'apple', clientId: 'i', additionalConfig: { keyId: 'k', teamId: 't', privateKey: 'p' } }]),
    [{ config: { thirdPartyId: 'apple', clients: [{ clientId: 'i', additionalConfig: { keyId: 'k', teamId: 't', privateKey: 'p' } }] } }])
  const own = { config: { thirdPartyId: 'github', clients: [{ clientType: 'web', clientId: 'a' }, { clientType: 'app', clientId: 'b' }] }, includeInNonPublicTenantsByDefault: true }
  t.strictSame(load([own]), [own])
  t.strictSame(load([{ thirdPartyId: 'github', clients: [{ clientId: 'a' }] }]), [{ config: { thirdPartyId: 'github', clients: [{ clientId: 'a' }] } }])
  t.strictSame(load([{ thirdPartyId: 'own', clientId: 'a', authorizationEndpoint: 'https://a/x', tokenEndpoint: 'https://a/y' }])?.length, 1)
  t.strictSame(load([]), [])
})

t.test('each mistake in the social logins is named by its provider', async (t) => {
  const found = (content: unknown): string => problems({ THIRD_PARTY_PROVIDERS: typeof content === 'string' ? content : JSON.stringify(content) }).join('\n')
  const cases: Array<[unknown, string]> = [
    ['[{"clientSecret":"hush-hush",]', 'It is not valid JSON.'],
    [{}, 'It is not a JSON array.'],
    ['[3]', 'Provider 1 is not an object.'],
    [[{ config: [] }], 'Provider 1 has a "config" that is not an object.'],
    [[{ clientId: 'i' }], 'Provider 1 needs a "thirdPartyId"'],
    [[{ thirdPartyId: 'google' }], 'Provider 1 ("google") needs a "clientId", or "clients"'],
    [[{ thirdPartyId: 'google', clients: [] }], 'Provider 1 ("google") needs a "clientId", or "clients"'],
    [[{ thirdPartyId: 'google', clients: [7] }], 'has a client that is not an object.'],
    [[{ thirdPartyId: 'google', clientId: 3, clientSecret: 4, scope: 'email' }], 'needs a "clientId" (a string).'],
    [[{ thirdPartyId: 'google', clientId: 'i', clientSecret: 4 }], 'has a "clientSecret" that is not a string.'],
    [[{ thirdPartyId: 'google', clientId: 'i', scope: 'email' }], 'has a "scope" that is not a list of strings.'],
    [[{ thirdPartyId: 'google', clientId: 'i', clientSecert: 'hush-hush' }], 'has an unknown member "clientSecert". Did you mean "clientSecret"?'],
    [[{ config: { thirdPartyId: 'google', clients: [{ clientId: 'i' }] }, overide: {} }], 'has an unknown member "overide".'],
    [[{ thirdPartyId: 'gogle', clientId: 'i' }], 'is not built in (did you mean "google"?)'],
    [[{ thirdPartyId: 'company', thirdPartyImplementation: 'acme', clientId: 'i' }], 'is not built in, so it needs an "oidcDiscoveryEndpoint".'],
    [[{ thirdPartyId: 'company', clientId: 'i', oidcDiscoveryEndpoint: 'http://id.example.com' }], 'has a "oidcDiscoveryEndpoint" without https.'],
    [[{ thirdPartyId: 'company', clientId: 'i', oidcDiscoveryEndpoint: 'id' }], 'has a "oidcDiscoveryEndpoint" that is not a URL.'],
    [[{ thirdPartyId: 'apple', clientId: 'i' }], 'needs "additionalConfig" with "keyId", "teamId" and "privateKey"'],
    [[{ thirdPartyId: 'google', clients: [{ clientId: 'a' }, 5] }], 'has several clients. Give each its own "clientType".'],
    [[{ thirdPartyId: 'google', clients: [{ clientId: 'a' }, { clientId: 'b' }] }], 'has several clients. Give each its own "clientType".'],
    [[{ thirdPartyId: 'google', clientId: 'a' }, { thirdPartyId: 'google', clientId: 'b' }], 'Provider 2 ("google") is listed twice.']
  ]
  for (const [content, text] of cases) {
    const message = found(content)
    t.ok(message.includes(text), text)
    t.notMatch(message, /hush-hush/)
  }
})

t.test('not all notices can be switched off', async (t) => {
  t.strictSame(problems({ NOTICES_OFF: NOTICE_NAMES.join(',') }), ['NOTICES_OFF: it names all of them. Leave some on.'])
  t.strictSame(problems({ NOTICES_OFF: NOTICE_NAMES.slice(1).join(',') }), [])
})

t.test('each wrong value is a problem that tells the shape', async (t) => {
  const cases: Array<[name: string, text: string, hint?: string]> = [
    ['NODE_ENV', 'prodution', 'Did you mean "production"?'],
    ['NODE_ENV', 'staging'],
    ['PORT', 'http'], ['PORT', '-1'], ['PORT', '65536'], ['PORT', '3.5'], ['PORT', '0x10'],
    ['HOST', 'http://localhost'], ['HOST', 'a b'],
    ['LOG_LEVEL', 'INFO', 'Did you mean "info"?'],
    ['NOTICES_OFF', 'locked, wrong-code', 'Entry 2 is not valid. Did you mean "wrong-codes"?'],
    ['NOTICES_OFF', 'all', 'Entry 1 is not valid.'],
    ['CONTEST_PERIOD', '59m', 'a time from `1h` to `30d`'],
    ['CONTEST_PERIOD', '31d', 'a time from `1h` to `30d`'],
    ['CONTEST_PERIOD', 'long', 'a time from `1h` to `30d`'],
    ['TRUST_PROXY', '1', 'A hop count cannot tell'],
    ['TRUST_PROXY', 'lopback', 'Entry 1 is not an address. Did you mean "loopback"?'],
    ['TRUST_PROXY', '10.0.0.0/33'], ['TRUST_PROXY', '10.0.0.0/8/8'], ['TRUST_PROXY', '::/129'],
    ['SHUTDOWN_TIMEOUT', '0', 'seconds from 1 to 600, or a time such as `90s` or `5m`'], ['SHUTDOWN_TIMEOUT', '11m'], ['CODE_LIFETIME', '1500ms'], ['MAX_EVENT_LOOP_DELAY', '2m'], ['ROLES_MAX_AGE', '5 minutes'], ['HOST', '[127.0.0.1]'], ['HOST', '[::1'],
    ['APP_NAME', 'two\nlines'],
    ['API_DOMAIN', 'auth.example.com', 'The scheme is missing'], ['API_DOMAIN', 'ftp://example.com'], ['API_DOMAIN', 'https://'], ['API_DOMAIN', 'https://[x'], ['API_DOMAIN', 'https://example.com/auth', 'Give only the scheme, host and port'],
    ['API_DOMAIN', 'https://u:p@example.com', 'Give only the scheme, host and port'],
    ['API_BASE_PATH', 'auth', 'It must start with `/`.'], ['API_BASE_PATH', '/', 'It cannot be the root'], ['API_BASE_PATH', '/a//b'], ['API_BASE_PATH', '/../x'],
    ['WEBSITE_DOMAIN', 'https://*.example.com', 'Wildcards are not allowed'], ['WEBSITE_DOMAIN', 'https://a.example,b.example', 'Entry 2 is not valid.'], ['WEBSITE_DOMAIN', ','],
    ['WEBSITE_BASE_PATH', '/a?b'],
    ['FIRST_FACTOR', 'email_password', 'Did you mean "email-password"?'],
    ['EMAIL_VERIFICATION', 'requird', 'Did you mean "required"?'],
    ['PASSWORD_RESET', 'ture', 'Did you mean "true"?'], ['EXISTENCE_CHECKS', 'maybe'], ['PASSWORD_MIN_LENGTH', '7'], ['PASSWORD_MIN_LENGTH', '65'], ['LEAKED_PASSWORDS_TIMEOUT', '0'],
    ['EMAIL_FACTOR_FLOW', 'lnk', 'Did you mean "link"?'], ['ONE_MAILBOX_FOR_BOTH_FACTORS', 'maybe'],
    ['SECOND_FACTORS', 'passkeys', 'Did you mean "passkey"?'], ['PASSKEY_RP_ID', 'https://example.com'], ['PASSKEY_RP_ID', 'Example.com'],
    ['PASSKEY_SIGN_IN', 'maybe'], ['SECOND_FACTORS', 'sms,topt', 'Did you mean "totp"?'], ['RECOVERY_CODES', 'ten'],
    ['SECOND_FACTOR_ENFORCEMENT', 'routes', 'Did you mean "route"?'],
    ['SECOND_FACTOR_REQUIRED', 'everyon', 'Did you mean "everyone"?'], ['SECOND_FACTOR_REQUIRED', 'roles:,'],
    ['DEFAULT_COUNTRY', 'us', 'Did you mean "US"?'], ['DEFAULT_COUNTRY', 'USA'], ['DEFAULT_COUNTRY', 'XX'],
    ['TOKEN_TRANSFER_METHOD', 'cookies', 'Did you mean "cookie"?'],
    ['ANTI_CSRF', 'VIA_HEADER'],
    ['COOKIE_DOMAIN', 'example'], ['COOKIE_DOMAIN', 'https://example.com'],
    ['SMS_PROVIDER', 'twillio', 'Did you mean "twilio"?'], ['SMS_PROVIDER', 'twilio,htp', 'Did you mean "http"?'], ['SMS_PROVIDER', 'http:My SMS'],
    ['SMS_PROVIDER_BY_COUNTRY', '{"Germany":"http"}', 'It names what is no country.'], ['SMS_PROVIDER_BY_COUNTRY', '{"DE":"htp"}', 'The providers of DE are not valid.'], ['SMS_PROVIDER_BY_COUNTRY', '{"DE":["http"]}'], ['SMS_PROVIDER_BY_COUNTRY', '[]'],
    ['TWILIO_WHATSAPP_CONTENT_SID', 'MG1'], ['TWILIO_WHATSAPP_FROM', 'Example'], ['TWILIO_VOICE_FROM', '123'],
    ['SMS_PRICES', '{"DE":0.1}', 'It must have a default'], ['SMS_PRICES', '{"default":0.1,"Germany":1}', 'by countries such as US'], ['SMS_PRICES', '0.1'],
    ['SMS_SPEND_LIMIT', '0'], ['SMS_SPEND_LIMIT', '5 EUR'], ['SMS_SPEND_LIMIT', '-1'], ['SMS_CURRENCY', 'US dollars'],
    ['MAIL_PROVIDER', 'stmp', 'Did you mean "smtp"?'],
    ['SMTP_PORT', '0'],
    ['MAIL_FROM', 'nobody'], ['MAIL_FROM', 'A <b>'],
    ['TWILIO_ACCOUNT_SID', 'SK1'], ['TWILIO_MESSAGING_SERVICE_SID', 'AC1'], ['TWILIO_FROM', 'an overlong sender'],
    ['EMBEDDED_CORE_PORT', 'x']
  ]
  for (const [name, text, hint] of cases) {
    const found = problems({ [name]: text }).find((problem) => problem.startsWith(`${name}: expected `)) ?? ''
    t.ok(found.includes(setting(name as 'PORT').kind.shape) && found.includes(JSON.stringify(text)), `${name}=${text}`)
    if (hint !== undefined) t.ok(found.includes(hint), hint)
  }
  t.match(problems({ APP_NAME: `${'x'.repeat(100)}\n` + 'y' }), [/got "x{60}…"\.$/])
})

t.test('secrets are never shown, whatever is wrong with them', async (t) => {
  const cases: Array<[name: string, text: string]> = [
    ['SUPERTOKENS_CONNECTION_URI', 'hush-hush'], ['SUPERTOKENS_CONNECTION_URI', 'http://u:hush-hush@core:3567'], ['SUPERTOKENS_CONNECTION_URI', ';'],
    ['SUPERTOKENS_API_KEY', 'hush-hush with space'], ['TWILIO_AUTH_TOKEN', 'hush-hush é'], ['SMS_WEBHOOK_URL', 'hush-hush'], ['SMS_WEBHOOK_SECRET', 'hush-hush é'],
    ['SMTP_PASSWORD', 'hush-hush\u0007'], ['EMBEDDED_CORE_API_KEY', 'hush-hush'], ['CORE_SECRET_KEY', 'hush-hush'], ['EMBEDDED_CORE_CONFIG', '{"api_keys":"hush-hush"}'], ['EMBEDDED_CORE_CONFIG', 'hush-hush'],
    ['LEAKED_PASSWORDS_URL', 'hush-hush'], ['LEAKED_PASSWORDS_URL', 'http://pwned.example.com/hush-hush'], ['LEAKED_PASSWORDS_URL', 'https://u:hush-hush@pwned.example.com/range'],
    ['FACTOR_KEY', 'hush-hush-31-characters-or-less'], ['FACTOR_KEY', `${'x'.repeat(32)},hush-hush`], ['FACTOR_KEY', `${'hush-hush'.repeat(4)}é`],
    ['THIRD_PARTY_PROVIDERS', '"hush-hush"'],
    ['SMS_HTTP', 'hush-hush'], ['SMS_HTTP', '["hush-hush"]'], ['SMS_HTTP', '{"url":"https://u:hush-hush@sms.example.com"}'], ['SMS_HTTP', '{"url":"https://sms.example.com","form":{"key":"{hush-hush}","k":"{hushhush}"},"auth":{"bearer":"hush hush-hush"}}'], ['SMS_HTTP', '{"url":"https://sms.example.com","hush-hush":1}'],
    ['SERVICE_CLIENTS', 'hush-hush'], ['SERVICE_CLIENTS', 'orders:hush-hush'], ['SERVICE_CLIENTS', `hush-hush orders:0123456789${'x'.repeat(32)}`], ['SERVICE_CLIENTS', `a:0123456789${'hush-hush'.repeat(4)},b:0123456789${'hush-hush'.repeat(4)}`],
    ['EVENT_RECEIVER_TOKEN', 'hush-hush é'],
    ['ADMIN_KEYS', 'hush-hush'], ['ADMIN_KEYS', 'ops:admin:hush-hush'], ['ADMIN_KEYS', `ops:hush-hush0123456789${'x'.repeat(32)}`], ['ADMIN_KEYS', `ops:admin:0123456789${'hush-hush'.repeat(4)},b:reader:0123456789${'hush-hush'.repeat(4)}`], ['ADMIN_KEYS', 'ops:admin:sha256:hush-hush']
  ]
  for (const [name, text] of cases) {
    const found = problems({ [name]: text }).join('\n')
    t.match(found, `${name}: expected `)
    t.match(found, 'characters (not shown)')
    t.notMatch(found, /hush-hush/, name)
  }
  t.notMatch(problems({ SMTP_PASWORD: 'hush-hush' }).join(), /hush-hush/)
})

t.test('settings of the embedded Core go by the real Core\'s names and ranges', async (t) => {
  const found = (content: unknown): string => problems({ EMBEDDED_CORE_CONFIG: JSON.stringify(content) }).join()
  t.match(found([]), 'It is not a JSON object.')
  t.match(found({ acces_token_validity: 3 }), 'The Core has no setting "acces_token_validity". Did you mean "access_token_validity"?')
  t.match(found({ access_token_validity: {} }), '"access_token_validity" must be a string')
  t.match(found({ access_token_validity: 'soon' }), '\'access_token_validity\' must be of type long')
})

t.test('a variable that nearly has the name of a setting is a problem', async (t) => {
  t.match(problems({ SMS_PROVIDR: 'log' }), ['SMS_PROVIDR: this setting does not exist. Did you mean SMS_PROVIDER?'])
  t.match(problems({ SMS_PRVOIDER: 'log' }), ['Did you mean SMS_PROVIDER?'])
  t.match(problems({ sms_provider: 'log' }), ['Did you mean SMS_PROVIDER?'])
  t.match(problems({ port: '1' }), ['Did you mean PORT?'])
  t.match(problems({ SMTP_PASS: 'x' }), ['Did you mean SMTP_PASSWORD?'])
  t.match(problems({ SUPERTOKENS_URI: 'x' }), ['Did you mean SUPERTOKENS_CONNECTION_URI?'])
  t.match(problems({ EMBEDDED_CORE_WHATEVER: '1' }), ['this setting does not exist. Choose from EMBEDDED_CORE_FILE, '])
  t.strictSame(problems({ HOME: '/', PORTS: '1', PORT0: '1', HOSTNAME: 'x', PATH: '/bin', MAIL: '/var/mail', USER: 'u', SMTP_PORT_25_TCP: 'x', NODE_OPTIONS: '-', SMS_PROVIDR: '' }), [])
  t.equal(nearest('x'.repeat(100), ['x'.repeat(99)]), undefined)
})

t.test('all problems come at once', async (t) => {
  t.strictSame(variables({ PORT: 'x', SMS_PROVIDER: 'y', SMS_PROVIDR: 'z', COOKIE_DOMAIN: 'example.com', EMBEDDED_CORE_PORT: '1', SUPERTOKENS_CONNECTION_URI: 'http://a' }),
    ['PORT', 'SMS_PROVIDER', 'SMS_PROVIDR', 'SUPERTOKENS_CONNECTION_URI', 'COOKIE_DOMAIN'])
})

t.test('contradictions', async (t) => {
  const twilio = { SMS_PROVIDER: 'twilio', TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'x' }
  const cases: Array<[Env, string[]]> = [
    [{ SUPERTOKENS_CONNECTION_URI: 'http://a', CORE_SECRET_KEY: 'x'.repeat(32) }, ['SUPERTOKENS_CONNECTION_URI: it names a remote Core, but CORE_SECRET_KEY configures the embedded one']],
    [{ SUPERTOKENS_CONNECTION_URI: 'http://a', EMBEDDED_CORE_FILE: ':memory:', EMBEDDED_CORE_PORT: '1' }, ['SUPERTOKENS_CONNECTION_URI: it names a remote Core, but EMBEDDED_CORE_FILE and EMBEDDED_CORE_PORT configure']],
    [{ SUPERTOKENS_CONNECTION_URI: 'http://a', BACKUP_DIR: '/b' }, ['SUPERTOKENS_CONNECTION_URI: it names a remote Core, but BACKUP_DIR configures']],
    [{ EMBEDDED_CORE_ENCRYPTION: 'all' }, ['EMBEDDED_CORE_ENCRYPTION: it says what CORE_SECRET_KEY encrypts, and there is none']],
    [{ EMBEDDED_CORE_FILE: ':memory:', BACKUP_DIR: '/b' }, ['BACKUP_DIR: what is in memory cannot be backed up']],
    [{ BACKUP_EVERY: '1h', BACKUP_KEEP: '3' }, ['BACKUP_DIR: BACKUP_EVERY and BACKUP_KEEP are for']],
    [{ SUPERTOKENS_API_KEY: 'k' }, ['SUPERTOKENS_API_KEY: it needs SUPERTOKENS_CONNECTION_URI']],
    [{ SMS_PROVIDER: 'twilio' }, ['TWILIO_ACCOUNT_SID: ', 'TWILIO_AUTH_TOKEN: ', 'TWILIO_FROM: ']],
    [{ LEAKED_PASSWORDS_TIMEOUT: '3' }, ['LEAKED_PASSWORDS_TIMEOUT: it needs LEAKED_PASSWORDS_URL']],
    [{ ...twilio, TWILIO_FROM: 'Example', TWILIO_MESSAGING_SERVICE_SID: 'MG1' }, ['TWILIO_FROM: TWILIO_MESSAGING_SERVICE_SID is set too']],
    [{ SMS_PROVIDER: 'webhook' }, ['SMS_WEBHOOK_URL: ', 'SMS_WEBHOOK_SECRET: ']],
    [{ SMS_PROVIDER: 'supertokens' }, ['SMS_SUPERTOKENS_API_KEY: ']],
    [{ SMS_PROVIDER: 'http,webhook' }, ['SMS_HTTP: SMS_PROVIDER=http needs it', 'SMS_WEBHOOK_URL: ', 'SMS_WEBHOOK_SECRET: ']],
    [{ SMS_PROVIDER: 'log', SMS_PROVIDER_BY_COUNTRY: '{"DE":"supertokens"}' }, ['SMS_SUPERTOKENS_API_KEY: SMS_PROVIDER=supertokens needs it']],
    [{ SMS_PROVIDER_BY_COUNTRY: '{"DE":"log"}' }, ['SMS_PROVIDER: SMS_PROVIDER_BY_COUNTRY is set and needs it']],
    [{ SMS_PROVIDER: 'http:other', SMS_HTTP: '{"name":"one","url":"https://sms.example.com"}' }, ['SMS_HTTP: it has no template called other']],
    [{ ...twilio, SMS_PROVIDER: 'twilio-whatsapp' }, ['TWILIO_WHATSAPP_CONTENT_SID: ', 'TWILIO_WHATSAPP_FROM: twilio-whatsapp needs it or TWILIO_MESSAGING_SERVICE_SID']],
    [{ ...twilio, SMS_PROVIDER: 'twilio-voice' }, ['TWILIO_VOICE_FROM: SMS_PROVIDER=twilio-voice needs it']],
    [{ SMS_SPEND_LIMIT: '5', SMS_CURRENCY: 'EUR' }, ['SMS_SPEND_LIMIT: it needs SMS_PRICES', 'SMS_CURRENCY: it needs SMS_PRICES']],
    [{ SMS_SPEND_LIMIT: '0.5', SMS_PRICES: '{"default":0.05,"CU":0.6}' }, ['SMS_SPEND_LIMIT: it must pay for at least one message to each country beside the 20 % that are kept for owners: 0.75 or more']],
    [{ TWILIO_ACCOUNT_SID: 'AC1' }, ['SMS_PROVIDER: TWILIO_ACCOUNT_SID is set, but messages would go to the log. Set SMS_PROVIDER=twilio']],
    [{ SMTP_HOST: 'h' }, ['MAIL_PROVIDER: SMTP_HOST is set']],
    [{ MAIL_PROVIDER: 'smtp', SMTP_USER: 'u' }, ['SMTP_HOST: ', 'MAIL_FROM: ', 'SMTP_PASSWORD: ']],
    [{ MAIL_PROVIDER: 'smtp', SMTP_HOST: 'h', MAIL_FROM: 'a@b', SMTP_PASSWORD: 'p', SMTP_PORT: '465', SMTP_SECURE: 'false' }, ['SMTP_USER: ', 'SMTP_SECURE: ']],
    [{ COOKIE_DOMAIN: 'example.com' }, ['COOKIE_DOMAIN: it needs API_DOMAIN']],
    [{ NODE_ENV: 'test', COOKIE_DOMAIN: 'example.org', API_DOMAIN: 'https://auth.example.com' }, ['COOKIE_DOMAIN: browsers refuse cookies for example.org from auth.example.com']],
    [{ NODE_ENV: 'test', COOKIE_DOMAIN: 'ample.com', API_DOMAIN: 'https://example.com' }, ['COOKIE_DOMAIN: browsers refuse']],
    [{ NODE_ENV: 'test', COOKIE_DOMAIN: 'Example.com', API_DOMAIN: 'https://example.com' }, []],
    [{ TOKEN_TRANSFER_METHOD: 'header', ANTI_CSRF: 'NONE' }, ['ANTI_CSRF: it concerns cookies']],
    [{ FIRST_FACTOR: 'phone-password', THIRD_PARTY_PROVIDERS: '[]', EMAIL_VERIFICATION: 'optional' }, ['THIRD_PARTY_PROVIDERS: ', 'EMAIL_VERIFICATION: ']],
    [{ FIRST_FACTOR: 'phone-password', SECOND_FACTORS: 'passkey' }, ['SECOND_FACTORS: FIRST_FACTOR=phone-password needs sms']],
    [{ PASSKEY_SIGN_IN: 'true' }, ['PASSKEY_SIGN_IN: it concerns passkeys. Add passkey to SECOND_FACTORS']],
    [{ PASSKEY_SIGN_IN: 'true', SECOND_FACTORS: 'sms,passkey', FIRST_FACTOR: 'phone-password' }, ['PASSKEY_SIGN_IN: FIRST_FACTOR=phone-password says']],
    [{ PASSKEY_SIGN_IN: 'true', SECOND_FACTORS: 'sms,passkey' }, []],
    [{ PASSKEY_RP_ID: 'localhost' }, ['PASSKEY_RP_ID: it concerns passkeys. Add passkey to SECOND_FACTORS']],
    [{ SECOND_FACTORS: 'sms,passkey' }, []],
    [{ SECOND_FACTORS: 'passkey', WEBSITE_DOMAIN: 'https://www.example.com,https://app.example.com' }, ['PASSKEY_RP_ID: the RP ID www.example.com is neither the host of https://app.example.com nor a parent domain']],
    [{ SECOND_FACTORS: 'passkey', WEBSITE_DOMAIN: 'https://www.example.com,https://app.example.com', PASSKEY_RP_ID: 'example.com' }, []],
    [{ SECOND_FACTORS: 'passkey', WEBSITE_DOMAIN: 'http://app.example.com' }, ['PASSKEY_RP_ID: browsers have passkeys on https:// only']],
    [{ SECOND_FACTORS: 'passkey', WEBSITE_DOMAIN: 'nonsense' }, ['WEBSITE_DOMAIN: ']],
    [{ SECOND_FACTORS: 'passkey', PASSKEY_RP_ID: 'A' }, ['PASSKEY_RP_ID: expected']],
    [{ PLAYGROUND_PROVIDER: 'true' }, []],
    [{ PLAYGROUND_PROVIDER: 'true', PLAYGROUND: 'false' }, ['PLAYGROUND_PROVIDER: it is part of the playground. Remove PLAYGROUND=false']],
    [{ PLAYGROUND_PROVIDER: 'true', FIRST_FACTOR: 'phone-password' }, ['PLAYGROUND_PROVIDER: FIRST_FACTOR=phone-password has no social logins']],
    [{ PLAYGROUND_PROVIDER: 'true', WEBSITE_DOMAIN: 'https://localhost:3001' }, ['PLAYGROUND_PROVIDER: it is part of the playground, which is not served: the first website (WEBSITE_DOMAIN) is https://localhost:3001']],
    [{ PLAYGROUND_PROVIDER: 'true', WEBSITE_DOMAIN: 'http://app.example.com' }, ['PLAYGROUND_PROVIDER: it is part of the playground, which is not served']],
    [{ PLAYGROUND_PROVIDER: 'true', NODE_ENV: 'test', API_DOMAIN: 'https://auth.example.com' }, ['PLAYGROUND_PROVIDER: anyone can sign in at it as anyone, and API_DOMAIN is not this machine']],
    [{ PLAYGROUND_PROVIDER: 'true', WEBSITE_DOMAIN: 'nonsense' }, ['WEBSITE_DOMAIN: ']],
    [{ API_BASE_PATH: '/health' }, ['API_BASE_PATH: the service already uses /health']],
    [{ API_BASE_PATH: '/x/me', ROUTES_PATH: '/x' }, ['API_BASE_PATH: the service already uses /x/me']],
    [{ API_BASE_PATH: '/me', ROUTES_PATH: '/x' }, []],
    [{ API_INTERNAL_PATH: '/internal' }, ['API_INTERNAL_PATH: API_BASE_PATH must begin with it, since requests arrive there. Set API_BASE_PATH=/internal/auth']],
    [{ API_INTERNAL_PATH: '/in', API_BASE_PATH: '/internal/auth' }, ['API_INTERNAL_PATH: API_BASE_PATH must begin']],
    [{ API_INTERNAL_PATH: '/in', API_BASE_PATH: '/in/auth', API_GATEWAY_PATH: '/api' }, []]
  ]
  for (const [env, expected] of cases) {
    const found = problems(env)
    t.equal(found.length, expected.length, found.join(' | '))
    for (const [index, text] of expected.entries()) t.match(found[index], text)
  }
})

t.test('the playground is for development on this machine', async (t) => {
  t.strictSame(loadConfig({}).playground, { provider: false })
  t.equal(loadConfig({ PLAYGROUND: 'false' }).playground, undefined)
  t.equal(loadConfig({ NODE_ENV: 'test', API_DOMAIN: 'https://auth.example.com' }).playground, undefined)
  t.equal(loadConfig({ ...PRODUCTION, PLAYGROUND: 'true' }).playground, undefined)
  t.match(problems({ ...PRODUCTION, PLAYGROUND_PROVIDER: 'true' }), [/PLAYGROUND_PROVIDER: anyone can sign in at it as anyone, so production refuses it/])
  t.match(loadConfig({ PLAYGROUND_PROVIDER: 'true' }).options.thirdPartyProviders, [{ config: { thirdPartyId: 'test-provider', oidcDiscoveryEndpoint: 'http://localhost:3001/test-provider/.well-known/openid-configuration' } }])
})

t.test('production has no unsafe defaults', async (t) => {
  t.strictSame(loadConfig(PRODUCTION).warnings, [])
  t.match(loadConfig(PRODUCTION), { host: '0.0.0.0', production: true, options: { production: true } })
  t.strictSame(variables({ NODE_ENV: 'production' }), ['SUPERTOKENS_CONNECTION_URI', 'API_DOMAIN', 'SMS_PROVIDER', 'MAIL_PROVIDER'])
  t.match(problems({ NODE_ENV: 'production' }), [/EMBEDDED_CORE_IN_PRODUCTION=true/])
  const { API_DOMAIN: _api, ...withoutApi } = PRODUCTION
  t.strictSame(variables(withoutApi), ['API_DOMAIN'])
  t.match(problems({ ...PRODUCTION, API_DOMAIN: 'http://auth.example.com' }), [/https:\/\//])
  for (const address of ['http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:3000']) t.strictSame(problems({ ...PRODUCTION, API_DOMAIN: address }), [], address)
  t.match(problems({ ...PRODUCTION, SMS_PROVIDER: 'log', MAIL_PROVIDER: 'log' }), [/^SMS_PROVIDER: .*PRINT_CODES_IN_PRODUCTION=true/, /^MAIL_PROVIDER: .*PRINT_CODES_IN_PRODUCTION=true/])
  const { MAIL_PROVIDER: _mail, SMTP_HOST: _host, MAIL_FROM: _from, ...withoutMail } = PRODUCTION
  t.strictSame(variables(withoutMail), ['MAIL_PROVIDER'])
  t.strictSame(variables({ ...withoutMail, PASSWORD_RESET: 'false' }), ['MAIL_PROVIDER'], 'owners hear of wrong codes by mail')
  t.strictSame(variables({ ...withoutMail, FIRST_FACTOR: 'phone-password' }), [], 'nothing is ever mailed')
})

t.test('a service that others reach does not leave NODE_ENV to the default, because its codes can be read', async (t) => {
  for (const env of [{ API_DOMAIN: 'https://auth.example.com' }, { API_DOMAIN: 'http://192.168.1.5:3000' }, { API_DOMAIN: 'http://127.0.0.1.example.com' }, { HOST: '0.0.0.0' }, { HOST: '::' }]) {
    const [name] = Object.keys(env)
    t.match(problems(env as unknown as Env), [new RegExp(`^NODE_ENV: ${name} lets others reach this service.*Set NODE_ENV=production, or NODE_ENV=development`)])
    t.strictSame(problems({ ...env, NODE_ENV: 'development' } as unknown as Env), [])
  }
  t.match(problems({ API_DOMAIN: 'https://auth.example.com', HOST: '0.0.0.0', NODE_ENV: ' ' }), [/^NODE_ENV: API_DOMAIN and HOST let others/])
  for (const env of [{ API_DOMAIN: 'http://localhost:3000' }, { API_DOMAIN: 'http://LOCALHOST' }, { API_DOMAIN: 'http://auth.localhost' }, { API_DOMAIN: 'http://[::1]:3000' }, { HOST: 'localhost' }, { HOST: '::1' }]) {
    t.strictSame(problems(env as unknown as Env), [])
  }
})

t.test('production behind https without TRUST_PROXY is warned about', async (t) => {
  const { TRUST_PROXY: _proxy, ...direct } = PRODUCTION
  t.match(loadConfig(direct).warnings, [/\(TRUST_PROXY\)\.$/])
  t.strictSame(loadConfig({ ...direct, TRUST_PROXY: 'false' }).warnings, [], 'said so: TLS ends in front of this service without a proxy')
  t.strictSame(loadConfig({ ...direct, API_DOMAIN: 'http://localhost:3000' }).warnings.filter((text) => text.includes('TRUST_PROXY')), [])
})

t.test('what production allows on request reaches the options', async (t) => {
  t.match(loadConfig({ ...PRODUCTION, SMS_PROVIDER: 'log', PRINT_CODES_IN_PRODUCTION: 'true' }).options, { printCodesInProduction: true })
  const { SUPERTOKENS_CONNECTION_URI: _uri, SUPERTOKENS_API_KEY: _key, ...rest } = PRODUCTION
  t.match(loadConfig({ ...rest, EMBEDDED_CORE_IN_PRODUCTION: 'true' }).options, { embeddedCoreInProduction: true })
  t.strictSame(variables({ ...PRODUCTION, API_DOMAIN: 'auth', SUPERTOKENS_CONNECTION_URI: 'core', SMS_PROVIDER: 'twillio' }), ['API_DOMAIN', 'SMS_PROVIDER', 'SUPERTOKENS_CONNECTION_URI'], 'a text that cannot be read is one problem, not two')
})

t.test('hosted pages are the first website, need cookies, and their settings need them', async (t) => {
  t.strictSame(loadConfig({ HOSTED_PAGES: 'true' }).options.appInfo?.websiteDomains, ['http://localhost:3000'])
  t.equal(loadConfig({ HOSTED_PAGES: 'true' }).playground, undefined)
  t.strictSame(loadConfig({ ...PRODUCTION, HOSTED_PAGES: 'true' }).options.appInfo?.websiteDomains, ['https://auth.example.com', 'https://www.example.com'])
  t.strictSame(loadConfig({ HOSTED_PAGES: 'true', HOSTED_PAGES_ACCENT: '#ABC' }).options.hostedPages, { variables: { '--accent-light': '#ABC' } })
  t.strictSame(problems({ HOSTED_PAGES_LOGO: '/a.svg', HOSTED_PAGES_ACCENT: 'abc' }), ['HOSTED_PAGES_LOGO: it needs HOSTED_PAGES=true.', 'HOSTED_PAGES_ACCENT: it needs HOSTED_PAGES=true.'])
  t.strictSame(variables({ HOSTED_PAGES: 'true', TOKEN_TRANSFER_METHOD: 'header' }), ['TOKEN_TRANSFER_METHOD'])
  t.strictSame(variables({ HOSTED_PAGES: 'true', HOSTED_PAGES_ACCENT: 'red', HOSTED_PAGES_REDIRECTS: 'https://*', HOSTED_PAGES_LOGO: '/a.gif' }), ['HOSTED_PAGES_LOGO', 'HOSTED_PAGES_ACCENT', 'HOSTED_PAGES_REDIRECTS'])
  t.strictSame(variables({ HOSTED_PAGES: 'true', PLAYGROUND_PROVIDER: 'true' }), ['PLAYGROUND_PROVIDER'])
})

t.test('an authenticator app needs a key in production, and no sender of SMS', async (t) => {
  const { SMS_PROVIDER: _sms, SMS_WEBHOOK_URL: _url, SMS_WEBHOOK_SECRET: _secret, SMS_COUNTRIES: _countries, ...rest } = PRODUCTION
  t.strictSame(variables({ ...rest, SECOND_FACTORS: 'totp' }), ['FACTOR_KEY'])
  t.strictSame(variables({ ...rest, SECOND_FACTORS: 'passkey', PASSKEY_SIGN_IN: 'true' }), ['FACTOR_KEY'])
  t.strictSame(loadConfig({ ...rest, SECOND_FACTORS: 'totp', FACTOR_KEY: 'x'.repeat(32) }).warnings, [])
  t.strictSame(variables({ ...rest, SECOND_FACTORS: 'sms,totp', FACTOR_KEY: 'x'.repeat(32) }), ['SMS_PROVIDER'])
  t.strictSame(variables({ FIRST_FACTOR: 'phone-password', SECOND_FACTORS: 'totp' }), ['SECOND_FACTORS'])
})

t.test('what is unsafe and allowed is warned about', async (t) => {
  const { SUPERTOKENS_CONNECTION_URI: _uri, SUPERTOKENS_API_KEY: _key, WEBSITE_DOMAIN: _site, ...rest } = PRODUCTION
  const { WEBSITE_DOMAIN: _website, ...withoutSite } = PRODUCTION
  const { REDIS_URL: _redis, ...alone } = PRODUCTION
  const cases: Array<[Env, RegExp[]]> = [
    [{ ...PRODUCTION, SMS_PROVIDER: 'log', MAIL_PROVIDER: 'log', PRINT_CODES_IN_PRODUCTION: 'true' }, [/^SMS codes/, /^Mails/, /^SMS_WEBHOOK_URL has no effect with SMS_PROVIDER=log/, /^SMS_WEBHOOK_SECRET/, /^SMTP_HOST/, /^MAIL_FROM/]],
    [{ ...rest, EMBEDDED_CORE_IN_PRODUCTION: 'true', EMBEDDED_CORE_FILE: ':memory:' }, [/kept in memory/, /^WEBSITE_DOMAIN is not set/]],
    [{ ...rest, SUPERTOKENS_CONNECTION_URI: 'http://localhost:1;http://core:1', WEBSITE_DOMAIN: 'http://www.example.com' }, [/called without a key/, /plain http/, /^A website is not https/]],
    [{ ...PRODUCTION, API_DOMAIN: 'http://localhost:3000' }, [/not https/]],
    [{ ...alone, SERVICE_CLIENTS: `orders:0123456789${'x'.repeat(22)}` }, [/^Limits are counted in this process/, /^Services hear of sessions that end in the process/]],
    [{ ...PRODUCTION, SERVICE_CLIENTS: `orders:0123456789${'x'.repeat(22)}` }, []],
    [{ ...PRODUCTION, TRUST_TRACEPARENT: 'true', TRUST_PROXY: 'false' }, [/no trace is continued \(TRUST_TRACEPARENT\)/]],
    [{ ...PRODUCTION, TRUST_TRACEPARENT: 'true', TRUST_PROXY: 'true' }, [/evade the limits per address/, /^Any client can have its requests recorded/]],
    [{ ...withoutSite, HOSTED_PAGES: 'true', HOSTED_PAGES_ACCENT: 'ff0' }, [/^Many people cannot read this colour/]],
    [{ ...PRODUCTION, NODE_ENV: 'development', SECOND_FACTORS: 'sms,passkey', PASSKEY_SIGN_IN: 'true' }, [/^NODE_ENV is not production/, /the key that names their accounts is known to everybody \(FACTOR_KEY\)/]],
    [{ ...PRODUCTION, NODE_ENV: 'development', SECOND_FACTORS: 'totp' }, [/^NODE_ENV is not production/, /a key that everybody knows \(FACTOR_KEY\)/]],
    [{ ...PRODUCTION, TRUST_PROXY: 'true', ANTI_CSRF: 'NONE', SECOND_FACTOR_ENFORCEMENT: 'route', EXISTENCE_CHECKS: 'true' }, [/X-Forwarded-For/, /not protected against other sites/, /^A route without/, /^Anyone can ask/]],
    [{ ...PRODUCTION, FIRST_FACTOR: 'phone-password', PASSWORD_RESET: 'true', SMS_PROVIDER: 'supertokens', SMS_SUPERTOKENS_API_KEY: 'k' }, [/relay/, /^A reset link/, /^SMS_WEBHOOK_URL has no effect/, /^SMS_WEBHOOK_SECRET/]]
  ]
  for (const [env, expected] of cases) t.match(loadConfig(env).warnings, expected)
  for (const [env, expected] of cases) t.equal(loadConfig(env).warnings.length, expected.length)
})

t.test('the summary tells what will run and no secret', async (t) => {
  t.strictSame(summary(loadConfig({ ...PRODUCTION, THIRD_PARTY_PROVIDERS: '[{"thirdPartyId":"google","clientId":"i","clientSecret":"hush"}]', SECOND_FACTOR_ENFORCEMENT: 'route' })), {
    mode: 'production',
    api: 'https://auth.example.com/auth',
    websites: 'https://www.example.com',
    core: 'https://core.internal:3567',
    firstFactor: 'email-password, google',
    emailVerification: 'optional',
    secondFactors: 'sms',
    secondFactor: 'only on routes that ask for it',
    sms: 'webhook https://sms.example.com',
    mail: 'smtp smtp.example.com:587',
    limits: 'counted in Redis redis.internal:6380'
  })
  const services = { SERVICE_CLIENTS: 'orders:0123456789abcdef0123456789abcdef,soc:fedcba9876543210fedcba9876543210', EVENT_RECEIVER_URL: 'https://events.example.com/hush', EVENT_RECEIVER_TOKEN: 'hush', FORWARD_AUTH_ORIGINS: 'http://localhost:3000', FORWARD_AUTH_PROXIES: 'loopback' }
  t.match(summary(loadConfig(services)), { serviceClients: 'orders, soc', eventReceiver: 'https://events.example.com', forwardAuth: 'for http://localhost:3000' })
  t.equal(summary(loadConfig({ API_BASE_PATH: '/in/auth', API_INTERNAL_PATH: '/in', API_GATEWAY_PATH: '/api' })).api, 'http://localhost:3000/api/auth', 'as clients write it')
  t.match(summary(loadConfig({})), { mode: 'development', core: 'embedded, SQLite file ./data/core.sqlite', sms: 'log', mail: 'log', limits: 'counted in this process' })
  t.match(summary(loadConfig({ EMBEDDED_CORE_FILE: ':memory:' })), { core: 'embedded, in memory' })
  const passkeys = { SECOND_FACTORS: 'totp,passkey', WEBSITE_DOMAIN: 'https://app.example.com' }
  t.equal(summary(loadConfig(passkeys)).secondFactors, 'totp, passkey for app.example.com')
  t.equal(summary(loadConfig({ ...passkeys, PASSKEY_RP_ID: 'example.com' })).secondFactors, 'totp, passkey for example.com')
  t.match(summary({ ...loadConfig({}), options: { sms: { provider: 'log' }, mail: { provider: 'log' } } }), { api: '', websites: '', core: 'embedded, in memory', emailVerification: 'optional', secondFactors: 'sms' },
    'a program may leave out what the environment always has')
})

t.test('documentation, .env.example and help have exactly the settings there are', async (t) => {
  const read = (path: string): string => readFileSync(pathTo(path), 'utf8')
  const [, documented] = /<!-- settings:[^>]*-->\n\n([^]*)\n<!-- \/settings -->/.exec(read('docs/configuration.md')) ?? []
  t.equal(documented, renderTable(), 'docs/configuration.md: put the output of `fastify-2fa config table` there')
  t.equal(read('.env.example'), renderExample(), '.env.example: put the output of `fastify-2fa config example` there')
  for (const name of names) t.match(renderHelp(), `\n  ${name} `)
  for (const name of names) t.ok(setting(name).default ?? setting(name).example, `${name} has something to show`)
  t.strictSame(parseEnv(renderExample()), {}, 'a copy changes nothing')
  const uncommented = parseEnv(renderExample().replaceAll(/^# ([A-Z_]+=)/gm, '$1'))
  t.strictSame(Object.keys(uncommented).sort(), [...names].sort())
  for (const name of names) t.notOk(uncommented[name]?.includes('#'), name)
})

t.test('codes by mail need a second factor that is not the mailbox of the first one', async (t) => {
  const env = { SECOND_FACTORS: 'sms,email', PASSWORD_RESET: 'false' }
  const { secondFactors, emailFactorFlow, oneMailboxForBothFactors } = loadConfig({ ...env, EMAIL_FACTOR_FLOW: 'both' }).options
  t.strictSame({ secondFactors, emailFactorFlow, oneMailboxForBothFactors }, { secondFactors: ['sms', 'email'], emailFactorFlow: 'both', oneMailboxForBothFactors: false })
  t.match(problems({ SECOND_FACTORS: 'email' }).join(), /SECOND_FACTORS.*Set PASSWORD_RESET=false, or set ONE_MAILBOX_FOR_BOTH_FACTORS=true/)
  t.match(problems({ ...env, PLAYGROUND_PROVIDER: 'true' }).join(), /PLAYGROUND_PROVIDER.*as good as its mailbox/)
  t.match(problems({ EMAIL_FACTOR_FLOW: 'link' }).join(), /EMAIL_FACTOR_FLOW.*needs email in SECOND_FACTORS/)
  t.match(problems({ SECOND_FACTORS: 'email', FIRST_FACTOR: 'phone-password' }).join(), /SECOND_FACTORS.*needs sms/)
  t.match(problems({ SECOND_FACTORS: 'fax' }).join(), /SECOND_FACTORS.*expected one of/)
  t.equal(loadConfig({ SECOND_FACTORS: 'sms,email', FIRST_FACTOR: 'phone-password' }).options.secondFactors?.length, 2)
  const forced = loadConfig({ SECOND_FACTORS: 'email', ONE_MAILBOX_FOR_BOTH_FACTORS: 'true' })
  t.match(forced.warnings.join(), /Whoever has the mailbox .*ONE_MAILBOX_FOR_BOTH_FACTORS/)
  t.notMatch(forced.warnings.join(), /SMS codes are printed/)
})

t.test('sign-up by mail needs the mail, and hides what it is meant to hide', async (t) => {
  const env = { SIGN_UP_BY_MAIL: 'true', EMAIL_VERIFICATION: 'required' }
  t.equal(loadConfig(env).options.signUpByMail, true)
  t.match(problems({ SIGN_UP_BY_MAIL: 'true' }).join(), /SIGN_UP_BY_MAIL.*needs EMAIL_VERIFICATION=required/)
  t.match(problems({ ...env, PASSWORD_RESET: 'false' }).join(), /SIGN_UP_BY_MAIL.*PASSWORD_RESET=false/)
  t.match(problems({ ...env, EXISTENCE_CHECKS: 'true' }).join(), /SIGN_UP_BY_MAIL.*EXISTENCE_CHECKS/)
})

t.test('keys of the admin API have a role, and what it is cannot be misspelt', async (t) => {
  const [one, two] = ['x', 'y'].map((letter) => `0123456789${letter.repeat(22)}`) as [string, string]
  const hash = `sha256:${'0a'.repeat(32)}`
  t.equal(loadConfig({}).options.admin, undefined)
  t.equal(loadConfig({}).adminListener, undefined)
  t.strictSame(loadConfig({ ADMIN_KEYS: `ops:admin:${one}, desk:helpdesk:${two},ops:admin:${hash}` }).options.admin, {
    keys: [{ name: 'ops', role: 'admin', secrets: [one, hash] }, { name: 'desk', role: 'helpdesk', secrets: [two] }], ownListener: false, page: false
  })
  for (const role of ['Admin', 'root', 'read', '', 'admin ', '__proto__', 'constructor']) t.match(problems({ ADMIN_KEYS: `ops:${role}:${one}` }), [/Its role must be one of reader, helpdesk, admin\./], role)
  t.match(problems({ ADMIN_KEYS: `ops:helpdsk:${one}` }), [/Did you mean "helpdesk"/])
  t.match(problems({ ADMIN_KEYS: `ops:admin:${one},ops:reader:${two}` }), [/two roles/])
  t.match(problems({ ADMIN_KEYS: `ops:admin:${one},desk:reader:${one}` }), [/A key is there twice/])
  t.match(problems({ ADMIN_KEYS: 'ops:admin:short' }), [/too short/])
  const digest = createHash('sha256').update(one).digest('hex')
  for (const key of [one, `sha256:${digest}`]) {
    t.strictSame(variables({ ADMIN_KEYS: `ops:admin:${key}`, SERVICE_CLIENTS: `orders:${one}` }), ['ADMIN_KEYS'])
    t.strictSame(variables({ ADMIN_KEYS: `ops:admin:${key}`, METRICS_KEY: `${two},${one}` }), ['ADMIN_KEYS'], 'every scraper would be an administrator')
  }
  t.strictSame(variables({ SERVICE_CLIENTS: `orders:${one}`, METRICS_KEY: `${two},${one}` }), ['METRICS_KEY'], 'every scraper could ask about tokens')

  const fingerprint = 'AB'.repeat(32)
  const own = { ADMIN_PORT: '3002', ADMIN_TLS_CERT_FILE: 'c', ADMIN_TLS_KEY_FILE: 'k', ADMIN_CLIENT_CA_FILE: 'ca', ADMIN_CERTIFICATES: `laptop:admin:${fingerprint.toLowerCase()}` }
  t.match(loadConfig(own), { adminListener: { host: '127.0.0.1', port: 3002, tls: { certFile: 'c', keyFile: 'k', caFile: 'ca' } }, options: { admin: { ownListener: true, certificates: [{ name: 'laptop', role: 'admin', fingerprint: /^AB:AB:/ }] } } })
  t.match(summary(loadConfig(own)), { admin: 'laptop (admin) on port 3002' })
  t.strictSame(variables({ ...own, ADMIN_CLIENT_CA_FILE: '' }), ['ADMIN_CERTIFICATES'])
  t.strictSame(variables({ ...own, ADMIN_TLS_KEY_FILE: '' }), ['ADMIN_TLS_CERT_FILE'])
  t.strictSame(variables({ ...own, ADMIN_PORT: '' }), ['ADMIN_TLS_CERT_FILE', 'ADMIN_TLS_KEY_FILE', 'ADMIN_CLIENT_CA_FILE'])
  t.strictSame(variables({ ...own, ADMIN_PORT: '3000' }), ['ADMIN_PORT'])
  t.strictSame(variables({ ...own, ADMIN_KEYS: `laptop:reader:${one}` }), ['ADMIN_CERTIFICATES'])
  t.strictSame(variables({ ADMIN_PORT: '3002', ADMIN_HOST: '0.0.0.0' }), ['ADMIN_PORT'])
  t.strictSame(variables({ ADMIN_HOST: '0.0.0.0' }), ['ADMIN_HOST'])
  t.match(problems({ ...own, ADMIN_CERTIFICATES: 'laptop:admin:AB' }), [/64 hex digits/])

  t.strictSame(variables({ ADMIN_PAGE: 'true' }), ['ADMIN_PAGE'])
  t.strictSame(variables({ ADMIN_PAGE_ROLES: 'admin:boss' }), ['ADMIN_PAGE_ROLES'])
  const page = { HOSTED_PAGES: 'true', ADMIN_PAGE: 'true' }
  t.match(loadConfig(page).options.admin, { page: { admin: 'admin' } })
  t.match(loadConfig({ ...page, ADMIN_PAGE_ROLES: 'admin:boss, helpdesk:support' }).options.admin, { page: { admin: 'boss', helpdesk: 'support' } })
  for (const roles of ['boss', 'admn:boss', 'admin:', 'admin:a,admin:b', 'admin:a,helpdesk:a']) t.strictSame(variables({ ...page, ADMIN_PAGE_ROLES: roles }), ['ADMIN_PAGE_ROLES'], roles)
})

t.test('other services have names and secrets, and a receiver of events needs a token', async (t) => {
  const [one, two, other] = ['x', 'y', 'z'].map((letter) => `0123456789${letter.repeat(22)}`) as [string, string, string]
  const { options } = loadConfig({
    SERVICE_CLIENTS: `orders:${one}, billing:${other},orders:${two}`, EVENT_READERS: '10', EVENT_RECEIVER_URL: 'http://localhost:4000/caep', EVENT_RECEIVER_TOKEN: 't', EVENT_RECEIVER_AUDIENCE: 'events'
  })
  t.match(options, {
    serviceClients: [{ id: 'orders', secrets: [one, two] }, { id: 'billing', secrets: [other] }],
    eventReaders: 10,
    eventReceiver: { url: 'http://localhost:4000/caep', token: 't', audience: 'events' }
  })
  t.match(loadConfig({ SERVICE_CLIENTS: `orders:a:${one}` }).options, { serviceClients: [{ secrets: [`a:${one}`] }] }, 'the first colon ends the name')
  t.match(problems({ SERVICE_CLIENTS: `orders:${one},orders:short` }), [/Entry 2 is not valid\. Its secret is too short/])
  t.match(problems({ SERVICE_CLIENTS: `orders:${one},billing:${one}` }), [/A secret is there twice/])
  t.strictSame(variables({ EVENT_RECEIVER_URL: 'https://events.example.com/' }), ['EVENT_RECEIVER_TOKEN'])
  t.strictSame(variables({ EVENT_RECEIVER_TOKEN: 't', EVENT_RECEIVER_AUDIENCE: 'a' }), ['EVENT_RECEIVER_TOKEN', 'EVENT_RECEIVER_AUDIENCE'])
  t.strictSame(variables({ EVENT_READERS: '5' }), ['EVENT_READERS'])
  t.strictSame(variables({ EVENT_RECEIVER_URL: 'https://u:p@events.example.com/', EVENT_RECEIVER_TOKEN: 't' }), ['EVENT_RECEIVER_URL'])
  t.strictSame(variables({ ...PRODUCTION, EVENT_RECEIVER_URL: 'http://events.example.com/', EVENT_RECEIVER_TOKEN: 't' }), ['EVENT_RECEIVER_URL'])
})

t.test('audit events go to the sinks that are named, each with what it needs', async (t) => {
  const secret = `whsec_${'A'.repeat(32)}`
  const file = { AUDIT_SINKS: 'stdout, file,otel', AUDIT_FILE: './data/audit.log' }
  const webhook = { AUDIT_SINKS: 'webhook', AUDIT_WEBHOOK_URL: 'https://siem.example.com/audit/hush', AUDIT_WEBHOOK_SECRET: `${secret},whsec_${'B'.repeat(32)}` }
  t.equal(loadConfig({}).options.audit, undefined)
  t.strictSame(loadConfig({ ...file, AUDIT_CHAIN_KEY: 'abcdefghijklmnopqrstuvwxyz012345', AUDIT_FILE_SYNC: 'always', AUDIT_REQUIRED: 'true' }).options.audit, {
    required: true, stdout: true, otel: true, file: { path: './data/audit.log', sync: 'always', chainKey: 'abcdefghijklmnopqrstuvwxyz012345' }
  })
  t.strictSame(loadConfig({ ...webhook, AUDIT_OUTBOX: './data/outbox.sqlite', AUDIT_OUTBOX_MAX: '5000' }).options.audit, {
    required: false, webhook: { url: webhook.AUDIT_WEBHOOK_URL, secrets: [secret, `whsec_${'B'.repeat(32)}`], outbox: { file: './data/outbox.sqlite' }, most: 5000 }
  })
  t.match(loadConfig({ ...webhook, REDIS_URL: 'redis://r' }).options.audit, { webhook: { outbox: { redisUrl: 'redis://r' }, most: 100_000 } })
  const postgres = 'postgresql://audit:p%40ss@db.internal:6432/audit?sslmode=verify-full&sslrootcert=/run/ca.pem'
  t.match(loadConfig({ ...webhook, AUDIT_OUTBOX: postgres }).options.audit, { webhook: { outbox: { postgresUrl: postgres } } })
  for (const [url, hint] of Object.entries({
    'postgres://audit:hush@db': /The URL must name a host, a user and a database\.$/,
    'postgres://db/audit': /The URL must name a host/,
    'postgres://audit:hush@db/audit?sslmode=allow': /The URL has an sslmode that is none of/,
    'postgres://audit:hush@db/audit?sslrootcert=ca.pem': /The URL has sslrootcert without an sslmode/,
    'postgres://audit:hu?sh=1@db/audit': /AUDIT_OUTBOX/,
    'postgres://audit:12?hush=1@db/audit': /AUDIT_OUTBOX/,
    'postgres://audit:hush@db/audit?uselibpqcompat=hush': /The URL has parameters other than sslmode and sslrootcert/,
    'postgres://audit:hush%@db/audit': /The URL has a % that must be written as %25/,
    'postgres://audit:hush@db:99999/audit': /The URL must look like/,
    'mysql://audit:hush@db/audit': /The URL must look like/
  })) {
    const [found = '', ...more] = problems({ ...webhook, AUDIT_OUTBOX: url })
    t.match(found, hint, url)
    t.notMatch([found, ...more].join(), /hu\?sh|hush/, url)
  }
  t.match(summary(loadConfig({ ...webhook, REDIS_URL: 'redis://r' })).audit, /^webhook https:\/\/siem\.example\.com$/)
  t.strictSame(variables(webhook), ['AUDIT_OUTBOX'])
  t.strictSame(variables({ AUDIT_SINKS: 'file,webhook' }), ['AUDIT_FILE', 'AUDIT_WEBHOOK_URL', 'AUDIT_WEBHOOK_SECRET', 'AUDIT_OUTBOX'])
  t.strictSame(variables({ AUDIT_FILE: 'x', AUDIT_OUTBOX: 'y' }), ['AUDIT_FILE', 'AUDIT_OUTBOX'])
  t.strictSame(variables({ AUDIT_SINKS: 'stdout', AUDIT_REQUIRED: 'true' }), ['AUDIT_REQUIRED'])
  t.strictSame(variables({ AUDIT_SINKS: 'syslog' }), ['AUDIT_SINKS'])
  t.strictSame(variables({ ...PRODUCTION, ...webhook, AUDIT_WEBHOOK_URL: 'http://siem.example.com/' }), ['AUDIT_WEBHOOK_URL'])
  t.match(problems({ ...file, AUDIT_CHAIN_KEY: 'hush-hush' }).join(), /AUDIT_CHAIN_KEY: expected 32 or more characters.*not shown/)
  t.notMatch(problems({ ...webhook, AUDIT_WEBHOOK_SECRET: 'hush-hush' }).join(), /hush-hush/)
  t.match(loadConfig({ ...PRODUCTION, ...file }).warnings.join(), /write it anew without a trace \(AUDIT_CHAIN_KEY\)/)
})

t.test('every secret changes while the service runs, or docs/rotation.md says why it does not', async (t) => {
  const provider = (clientSecret: string) => [{ config: { thirdPartyId: 'google', clients: [{ clientId: 'c', clientSecret }] } }]
  const values: Record<string, [before: unknown, after: unknown]> = {
    REDIS_URL: ['redis://:old@redis:6379', 'redis://:new@redis:6379'],
    THIRD_PARTY_PROVIDERS: [provider('old'), provider('new')]
  }
  const [, reasons = ''] = readFileSync(pathTo('docs/rotation.md'), 'utf8').split('These secrets are among it:')
  const secrets = names.filter((name) => setting(name).secret === true)
  const restarts = secrets.filter((name) => {
    const [before, after] = values[name] ?? ['old', 'new']
    return !changesBetween({ [name]: before } as unknown as Values, { [name]: after } as unknown as Values).inPlace.includes(name)
  })
  t.strictSame(restarts, secrets.filter((name) => reasons.includes(`\n| \`${name}\` | `)))
})
