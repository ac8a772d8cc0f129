import { isLoopback } from './kinds-web.js'
import type { Reading } from './read.js'
import { BELONGS, sendsMail } from './rules.js'
import type { Name } from './settings.js'

const loopback = (address: string): boolean => isLoopback(new URL(address).hostname)

/** What no rule forbids and yet nobody should run in production, a sentence each; and what is set without effect. */
export function warnings (reading: Reading): string[] {
  const { values, given } = reading
  const production = values.NODE_ENV === 'production'
  const remote = values.SUPERTOKENS_CONNECTION_URI?.split(';')
  const api = values.API_DOMAIN ?? 'http://localhost'
  const found: Array<string | false> = [
    !production && 'NODE_ENV is not production: unsafe defaults are allowed and codes can be read at GET /dev/outbox.',
    (values.SMS_PROVIDER ?? 'log') === 'log' && 'SMS codes are printed to the log; whoever reads it can sign in as anybody (SMS_PROVIDER).',
    sendsMail(reading) && (values.MAIL_PROVIDER ?? 'log') === 'log' && 'Links in mails are printed to the log; whoever reads it can take over accounts (MAIL_PROVIDER).',
    values.SMS_PROVIDER === 'supertokens' && 'Phone numbers and codes pass through SuperTokens\' relay (SMS_PROVIDER).',
    remote === undefined && values.EMBEDDED_CORE_FILE === ':memory:' && 'Accounts and sessions are kept in memory and end with this process (EMBEDDED_CORE_FILE).',
    remote === undefined && values.EMBEDDED_CORE_FILE !== ':memory:' && 'Accounts are in one SQLite file of this process: no replicas, and a lost disk is every account lost (SUPERTOKENS_CONNECTION_URI).',
    remote !== undefined && !given.has('SUPERTOKENS_API_KEY') && 'The Core is called without a key; whoever reaches it can change any account (SUPERTOKENS_API_KEY).',
    remote?.some((uri) => uri.startsWith('http:') && !loopback(uri)) === true && 'The Core is called over plain http; keep that network to yourself (SUPERTOKENS_CONNECTION_URI).',
    api.startsWith('http:') && 'API_DOMAIN is not https: session cookies are not Secure.',
    production && !given.has('WEBSITE_DOMAIN') && 'WEBSITE_DOMAIN is not set: links in mails point at localhost.',
    production && values.WEBSITE_DOMAIN.some((site) => site.startsWith('http:') && !loopback(site)) && 'A website is not https; what it sends can be read on the way (WEBSITE_DOMAIN).',
    production && remote !== undefined && !given.has('REDIS_URL') && 'Limits are counted in this process: each replica would allow the full number (REDIS_URL).',
    production && !given.has('SMS_COUNTRIES') && 'Codes are sent to any country; scripts that pump messages pick the dear ones (SMS_COUNTRIES).',
    values.TRUST_PROXY === true && 'Any client can choose its own address by X-Forwarded-For, past every limit (TRUST_PROXY).',
    values.ANTI_CSRF === 'NONE' && values.WEBSITE_DOMAIN.some((site) => new URL(site).hostname !== new URL(api).hostname) &&
      'Requests with session cookies are not protected against other sites (ANTI_CSRF).',
    values.FIRST_FACTOR === 'phone-password' && values.PASSWORD_RESET === true && 'A reset link goes to the phone that is the second factor: whoever has the phone has the account (PASSWORD_RESET).',
    values.SECOND_FACTOR_ENFORCEMENT === 'route' && 'A route without require2FA is open to whoever has only the password (SECOND_FACTOR_ENFORCEMENT).',
    values.EXISTENCE_CHECKS && 'Anyone can ask which accounts exist (EXISTENCE_CHECKS).',
    ...idle(reading)
  ]
  return found.filter((text) => text !== false)
}

/** Settings of a provider that is not the chosen one. */
function idle ({ values, given }: Reading): string[] {
  return (['SMS_PROVIDER', 'MAIL_PROVIDER'] as const).flatMap((chooser) =>
    Object.entries(BELONGS[chooser]).filter(([name]) => values[chooser] !== undefined && values[chooser] !== name)
      .flatMap(([, members]: [string, readonly Name[]]) => members.filter((member) => given.has(member)))
      .map((member) => `${member} has no effect with ${chooser}=${values[chooser]}.`))
}
