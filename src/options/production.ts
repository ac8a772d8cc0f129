import { isOpenWebhook } from '../audit/options.js'
import { isLoopbackOrigin } from '../loopback.js'
import { memberOf, textOf } from '../members.js'
import { nodeEnv, serverlessPlatform } from './node-env.js'
import type { Fastify2faOptions } from './options.js'

/** What the rules look at. The service fills it from its settings. */
export interface ProductionFacts {
  production?: boolean | undefined
  appInfo?: { apiDomain?: string | undefined } | undefined
  core?: object | undefined
  limits?: object | false | undefined
  firstFactor?: Fastify2faOptions['firstFactor']
  sms?: object | undefined
  mail?: object | undefined
  embeddedCoreInProduction?: boolean | undefined
  printCodesInProduction?: boolean | undefined
  secondFactors?: readonly unknown[] | undefined
  passkeySignIn?: boolean | undefined
  factorKeys?: readonly string[] | undefined
  eventReceiver?: { url: string } | undefined
  audit?: { webhook?: { url: string } | undefined } | undefined
}

/** How the reader of a message writes each thing: as an option, or as a variable. */
export interface Vocabulary<Name extends string = string> {
  apiDomain: Name
  core: Name
  file: Name
  redis: Name
  sms: Name
  mail: Name
  factorKeys: Name
  eventReceiver: Name
  auditWebhook: Name
  embedded: string
  print: string
}

export const OPTION_NAMES: Vocabulary = {
  apiDomain: 'appInfo.apiDomain',
  core: 'core',
  file: 'core.embedded.file',
  redis: 'limits.redisUrl',
  sms: 'sms',
  mail: 'mail',
  factorKeys: 'factorKeys',
  eventReceiver: 'eventReceiver.url',
  auditWebhook: 'audit.webhook.url',
  embedded: 'embeddedCoreInProduction: true',
  print: 'printCodesInProduction: true'
}

/** The concerns that the rules are about. A plugin that is registered alone answers for its own. */
export const PRODUCTION_PARTS = ['core', 'address', 'delivery', 'factors', 'limits', 'events', 'audit'] as const
export type ProductionPart = typeof PRODUCTION_PARTS[number]

/**
 * Values of `NODE_ENV` that say that this is not production. Any other value counts as production, so that neither
 * `prod` nor `staging` runs with accounts in memory and codes in the log.
 */
const NOT_PRODUCTION = ['development', 'dev', 'local', 'test', 'testing', 'ci']

/** Whether an origin is another machine's. One that cannot be read is reported elsewhere. */
const isPublic = (origin: string | undefined): origin is string => origin !== undefined && URL.canParse(origin) && !isLoopbackOrigin(origin)

/** Why the production rules apply; undefined if they do not. */
export function reasonForProduction ({ production, appInfo }: ProductionFacts, env = nodeEnv()): string | undefined {
  if (production !== undefined) return production ? 'production is true' : undefined
  const value = env?.trim() ?? ''
  if (value !== '') return NOT_PRODUCTION.includes(value.toLowerCase()) ? undefined : `NODE_ENV is ${JSON.stringify(value.slice(0, 40))}`
  // A laptop has no public address. A server whose NODE_ENV was forgotten does.
  return isPublic(appInfo?.apiDomain) ? 'NODE_ENV is not set and appInfo.apiDomain is not this machine' : undefined
}

/** Whether routes that show codes may be served. An address that others reach is no place for them, whatever NODE_ENV says. */
export function servesDevRoutes (facts: ProductionFacts): boolean {
  return reasonForProduction(facts) === undefined && !isPublic(facts.appInfo?.apiDomain)
}

/** Whether mail is ever sent: codes, links, and the notice of many wrong codes. With phone + password, the latter go by SMS. */
export function sendsMail ({ firstFactor = 'email-password', secondFactors = [] }: ProductionFacts): boolean {
  return firstFactor === 'email-password' || secondFactors.includes('email')
}

/** Whether codes go to phones. A factor of the app's own may send them too. */
export function sendsSms ({ secondFactors }: ProductionFacts): boolean {
  return secondFactors === undefined || secondFactors.some((factor) => factor === 'sms' || typeof factor !== 'string')
}

/** Whether messages are printed: by the only sender, by one of several, or for a country. */
function printsCodes (sender: unknown): boolean {
  if (Array.isArray(sender)) return sender.some(printsCodes)
  const provider = memberOf(sender, 'provider')
  const others = [memberOf(sender, 'default'), ...Object.values(memberOf(sender, 'countries') ?? {})]
  return provider === undefined && memberOf(sender, 'send') === undefined ? others.some(printsCodes) : provider === 'log'
}

/** Factors whose secrets are kept encrypted (`src/second-factor/factor-keys.ts`). */
const WITH_SECRETS: readonly unknown[] = ['totp']

export function keepsSecrets ({ secondFactors = [] }: ProductionFacts): boolean {
  return secondFactors.some((factor) => WITH_SECRETS.includes(factor))
}

/** What a key that everybody knows would give away. */
function whyOwnKey (facts: ProductionFacts): string | undefined {
  if (keepsSecrets(facts)) return 'production needs a key of its own for the secrets of authenticator apps. Without it, they are encrypted with a key that everybody knows.'
  if (facts.passkeySignIn === true) return 'production needs a key of its own for passkeys that sign in alone. Without it, anybody can name accounts and make challenges.'
  return undefined
}

export interface ProductionProblem<Name extends string = string> { name: Name, message: string }

/**
 * What must not run in production unless someone has said that it should: accounts that a restart or a lost disk ends,
 * codes in a log, traffic that can be read in transit, and limits that hold nobody up. The same rules for the service and for the library.
 */
export function productionProblems<Name extends string> (facts: ProductionFacts, words: Vocabulary<Name>, parts: readonly ProductionPart[]): Array<ProductionProblem<Name>> {
  const found: Array<ProductionProblem<Name> | false> = parts.flatMap((part) => RULES[part](facts, words))
  return found.filter((problem) => problem !== false)
}

type Rule = <Name extends string>(facts: ProductionFacts, words: Vocabulary<Name>) => Array<ProductionProblem<Name> | false>

const RULES: Record<ProductionPart, Rule> = {
  core ({ core, embeddedCoreInProduction = false }, words) {
    if (memberOf(core, 'connectionURI') !== undefined) return []
    const platform = serverlessPlatform()
    if (platform !== undefined) {
      return [{ name: words.core, message: `${platform} runs several copies of this process, and ends them at any time. Each would have an embedded Core with accounts of its own. Name a SuperTokens Core.` }]
    }
    const inMemory = textOf(memberOf(core, 'embedded'), 'file') === undefined
    return [
      !embeddedCoreInProduction && {
        name: words.core,
        message: `production needs a SuperTokens Core. The embedded one is a single process ${inMemory ? 'that keeps accounts in memory: they are lost when it ends' : 'with a single file: no replicas, and a lost disk means all accounts are lost'}. To use it anyway, set ${words.embedded}.`
      },
      inMemory && embeddedCoreInProduction && {
        name: words.file,
        message: 'without it, accounts are kept in memory and are lost when this process ends. Name a file, or write `:memory:` if that is what you want.'
      }
    ]
  },

  address ({ appInfo: { apiDomain } = {} }, words) {
    return [
      apiDomain === undefined && { name: words.apiDomain, message: 'production needs the public origin of this service, such as `https://auth.example.com`.' },
      isPublic(apiDomain) && new URL(apiDomain).protocol === 'http:' &&
        { name: words.apiDomain, message: 'production needs https://. Over http, passwords, codes and sessions can be read in transit.' }
    ]
  },

  delivery (facts, words) {
    const channels = [...(sendsSms(facts) ? [{ channel: 'sms', why: 'codes' } as const] : []), ...(sendsMail(facts) ? [{ channel: 'mail', why: 'links' } as const] : [])]
    return channels.map(({ channel, why }) => {
      const name = words[channel]
      const sender = facts[channel]
      if (sender === undefined) return { name, message: `production needs a provider that sends ${why}. \`log\` is the default only outside production.` }
      return printsCodes(sender) && facts.printCodesInProduction !== true &&
        { name, message: `\`log\` prints ${why}, so anyone who can read the log can sign in as anyone. To allow it anyway, set ${words.print}.` }
    })
  },

  factors (facts, words) {
    const why = whyOwnKey(facts)
    return [why !== undefined && facts.factorKeys === undefined && { name: words.factorKeys, message: `${why} \`openssl rand -base64 32\` makes one.` }]
  },

  limits ({ limits }, words) {
    const platform = serverlessPlatform()
    const counts = limits !== false && memberOf(limits, 'redisUrl') === undefined
    return [
      // A stranger decides how many copies there are, by sending as many requests at a time.
      platform !== undefined && counts &&
        { name: words.redis, message: `${platform} runs several copies of this process, and each would allow the full number of tries. Let them count together in a Redis.` }
    ]
  },

  events ({ eventReceiver }, words) {
    return [eventReceiver !== undefined && isPublic(eventReceiver.url) && new URL(eventReceiver.url).protocol === 'http:' &&
      { name: words.eventReceiver, message: 'production needs https://. Over http, whoever is in between learns which sessions end and can keep it from being known, and gets the token of the receiver.' }]
  },

  audit ({ audit }, words) {
    return [audit?.webhook !== undefined && isOpenWebhook(audit.webhook.url) &&
      { name: words.auditWebhook, message: 'production needs https://. Over http, whoever is in between learns who signs in, when and from where.' }]
  }
}
