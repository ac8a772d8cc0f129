import type { Config } from './load.js'
import type { MailOptions, SmsOptions } from '../options/options.js'

/** Without user, path and query, any of which may hold a secret. */
const bare = (address: string): string => new URL(address).origin

function core ({ options }: Config): string {
  const { core = { embedded: {} } } = options
  if ('connectionURI' in core) return core.connectionURI.split(';').map(bare).join(' and ')
  const { file = ':memory:' } = core.embedded
  return `embedded, ${file === ':memory:' ? 'in memory' : `SQLite file ${file}`}`
}

function sms ({ provider, ...rest }: SmsOptions): string {
  return provider === 'webhook' && 'url' in rest ? `webhook ${bare(rest.url)}` : provider
}

function mail (options: MailOptions): string {
  return options.provider === 'smtp' ? `smtp ${options.host}:${options.port}` : options.provider
}

/** What will run, in a few words each; the same for the start-up log and for `config check`. Holds no secret. */
export function summary (config: Config): Record<string, string> {
  const { options } = config
  const { appInfo = {}, thirdPartyProviders = [], emailVerification = 'off' } = options
  return {
    mode: config.production ? 'production' : 'development',
    api: [appInfo.apiDomain, appInfo.apiBasePath].join(''),
    websites: appInfo.websiteDomains?.join(', ') ?? '',
    core: core(config),
    firstFactor: [options.firstFactor, ...thirdPartyProviders.map(({ config: { thirdPartyId } }) => thirdPartyId)].join(', '),
    emailVerification,
    secondFactor: options.secondFactorEnforcement === 'route' ? 'only on routes that ask for it' : 'on every route that does not opt out',
    limits: options.limits && options.limits.redisUrl !== undefined ? `counted in Redis ${new URL(options.limits.redisUrl).host}` : 'counted in this process',
    // The environment names a provider; a sender of one's own exists only for programs.
    sms: sms(options.sms as SmsOptions),
    mail: mail(options.mail as MailOptions)
  }
}
