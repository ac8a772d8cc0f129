import type { Config } from './load.js'
import type { MailOptions, SmsByCountry, SmsOptions } from '../options/connections.js'
import { defaultEmailVerification } from '../options/resolve.js'

/** The origin only: credentials, path and query may hold secrets. */
const bare = (address: string): string => new URL(address).origin

function core ({ options }: Config): string {
  const { core = { embedded: {} } } = options
  if ('connectionURI' in core) return core.connectionURI.split(';').map(bare).join(' and ')
  const { file = ':memory:' } = core.embedded
  return `embedded, ${file === ':memory:' ? 'in memory' : `SQLite file ${file}`}`
}

function smsProvider (options: SmsOptions): string {
  if (options.provider === 'webhook') return `webhook ${bare(options.url)}`
  return options.provider === 'http' ? `${options.name ?? 'http'} ${bare(options.url.replaceAll(/[{}]/g, ''))}` : options.provider
}

const smsList = (some: unknown): string => ([some].flat() as SmsOptions[]).map(smsProvider).join(', then ')

function sms (options: SmsOptions | SmsOptions[] | SmsByCountry): string {
  if (!('default' in options)) return smsList(options)
  return [smsList(options.default), ...Object.entries(options.countries ?? {}).map(([country, some]) => `${country}: ${smsList(some)}`)].join('; ')
}

function mail (options: MailOptions): string {
  return options.provider === 'smtp' ? `smtp ${options.host}:${options.port}` : options.provider
}

/** With the domain of passkeys: they end when it changes, so whoever moves a website has to know it. */
function secondFactors ({ options: { secondFactors = ['sms'], passkeyRpId, appInfo } }: Config): string {
  const [website] = appInfo?.websiteDomains ?? []
  const domain = passkeyRpId ?? (website === undefined ? undefined : new URL(website).hostname)
  const names = secondFactors.map((factor) => typeof factor === 'string' ? factor : factor.id)
  return names.map((name) => name === 'passkey' && domain !== undefined ? `passkey for ${domain}` : name).join(', ')
}

/** Who may read the metrics. */
function metrics ({ metricsEndpoint: { port, key } = {} }: Config['options']): string {
  return `${port === undefined ? 'at the port of the service' : `at port ${port}`}, ${key === undefined ? 'for everybody who reaches it' : 'with a key'}`
}

function auditSinks ({ stdout, file, webhook, otel }: NonNullable<Config['options']['audit']>): string {
  return [stdout && 'stdout', file && `file ${file.path}`, webhook && `webhook ${bare(webhook.url)}`, otel && 'otel'].filter(Boolean).join(', ')
}

function adminOf ({ options: { admin = {} }, adminListener }: Config): string {
  const callers = [...admin.keys ?? [], ...admin.certificates ?? []].map(({ name, role }) => `${name} (${role})`).join(', ')
  const page = typeof admin.page === 'object' ? `page for ${Object.values(admin.page).join(', ')}` : undefined
  return [callers !== '' && `${callers}${adminListener === undefined ? '' : ` on port ${adminListener.port}`}`, page].filter(Boolean).join('; ')
}

/** As a setting has it. */
function asTime (milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds % 3600 === 0) return `${seconds / 3600}h`
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}

/** When and where the embedded Core is backed up. */
function backups ({ core }: Config['options']): string | undefined {
  if (core === undefined || 'connectionURI' in core || core.embedded.backups === undefined) return undefined
  const { directory, every = 86_400_000, keep = 7, key } = core.embedded.backups
  return `to ${directory} every ${asTime(every)}, ${keep} kept, ${key === undefined ? 'not encrypted' : 'encrypted'}`
}

/** A short summary of the configuration for the start-up log and `config check`. Contains no secrets. */
export function summary (config: Config): Record<string, string> {
  const { options } = config
  const backedUp = backups(options)
  const { appInfo = {}, thirdPartyProviders = [], emailVerification = defaultEmailVerification(options.firstFactor) } = options
  return {
    mode: config.production ? 'production' : 'development',
    api: [appInfo.apiDomain, appInfo.apiGatewayPath, appInfo.apiBasePath?.slice(appInfo.apiInternalPath?.length ?? 0)].join(''),
    websites: appInfo.websiteDomains?.join(', ') ?? '',
    ...(options.hostedPages && { pages: `${appInfo.apiDomain ?? ''}${appInfo.websiteBasePath ?? ''}` }),
    ...(config.tls && { tls: `certificate ${config.tls.certFile}` }),
    core: core(config),
    ...(backedUp !== undefined && { backups: backedUp }),
    firstFactor: [options.firstFactor, ...thirdPartyProviders.map(({ config: { thirdPartyId } }) => thirdPartyId)].join(', '),
    emailVerification,
    secondFactors: secondFactors(config),
    secondFactor: options.secondFactorEnforcement === 'route' ? 'only on routes that ask for it' : 'on every route that does not opt out',
    ...(options.forwardAuth && { forwardAuth: `for ${options.forwardAuth.origins.join(', ')}` }),
    ...(options.serviceClients?.length && { serviceClients: options.serviceClients.map(({ id }) => id).join(', ') }),
    ...(options.admin && { admin: adminOf(config) }),
    ...(options.eventReceiver && { eventReceiver: new URL(options.eventReceiver.url).origin }),
    ...(options.metrics && { metrics: metrics(options) }),
    ...(options.audit && { audit: auditSinks(options.audit) }),
    limits: options.limits && options.limits.redisUrl !== undefined ? `counted in Redis ${new URL(options.limits.redisUrl).host}` : 'counted in this process',
    // The environment can only name a provider. Custom senders exist for programs alone.
    sms: sms(options.sms as SmsOptions | SmsOptions[] | SmsByCountry),
    mail: mail(options.mail as MailOptions)
  }
}
