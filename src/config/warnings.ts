import { contrastOf, READABLE } from '../hosted-pages/contrast.js'
import { isLoopbackOrigin as loopback } from '../loopback.js'
import { keepsSecrets, sendsMail, sendsSms } from '../options/production.js'
import type { Reading } from './read.js'
import { BELONGS, chosenIn } from './rules.js'
import type { Name } from './settings.js'
import { smsKinds } from './sms.js'

/** Settings that are allowed but unsafe in production, and settings without effect; one message each. */
export function warnings (reading: Reading): string[] {
  const { values, given } = reading
  const production = values.NODE_ENV === 'production'
  const remote = values.SUPERTOKENS_CONNECTION_URI?.split(';')
  const api = values.API_DOMAIN ?? (given.has('TLS_CERT_FILE') ? 'https://localhost' : 'http://localhost')
  const found: Array<string | false> = [
    !production && `NODE_ENV is not production: unsafe defaults are allowed${loopback(api) ? ', and anyone who reaches the service can read codes at GET /dev/outbox' : ''}.`,
    sendsSms({ secondFactors: values.SECOND_FACTORS }) && smsKinds(values).includes('log') && 'SMS codes are printed to the log. Anyone who can read it can sign in as anyone (SMS_PROVIDER).',
    sendsMail({ firstFactor: values.FIRST_FACTOR, secondFactors: values.SECOND_FACTORS }) && (values.MAIL_PROVIDER ?? 'log') === 'log' && 'Mails are printed to the log, with the links in them. Anyone who can read it can take over accounts (MAIL_PROVIDER).',
    keepsSecrets({ secondFactors: values.SECOND_FACTORS }) && !given.has('FACTOR_KEY') && 'Secrets of authenticator apps are encrypted with a key that everybody knows (FACTOR_KEY).',
    values.PASSKEY_SIGN_IN === true && !given.has('FACTOR_KEY') && 'Passkeys sign in alone, and the key that names their accounts is known to everybody (FACTOR_KEY).',
    smsKinds(values).includes('supertokens') && 'Phone numbers and codes pass through SuperTokens\' relay (SMS_PROVIDER).',
    remote === undefined && values.EMBEDDED_CORE_FILE === ':memory:' && 'Accounts and sessions are kept in memory and are lost when this process ends (EMBEDDED_CORE_FILE).',
    values.BACKUP_DIR !== undefined && values.BACKUP_KEY === undefined && values.CORE_SECRET_KEY === undefined && 'Whoever reads a backup can sign tokens for every account: nothing in it is encrypted (BACKUP_KEY, CORE_SECRET_KEY).',
    remote === undefined && values.EMBEDDED_CORE_FILE !== ':memory:' && 'Accounts are in one SQLite file of this process: no replicas, and a lost disk means all accounts are lost (SUPERTOKENS_CONNECTION_URI).',
    remote !== undefined && !given.has('SUPERTOKENS_API_KEY') && 'The Core is called without a key. Anyone who can reach it can change any account (SUPERTOKENS_API_KEY).',
    remote?.some((uri) => uri.startsWith('http:') && !loopback(uri)) === true && 'The Core is called over plain http. Keep that network private (SUPERTOKENS_CONNECTION_URI).',
    api.startsWith('http:') && 'API_DOMAIN is not https: session cookies are not Secure.',
    production && !given.has('WEBSITE_DOMAIN') && !values.HOSTED_PAGES && 'WEBSITE_DOMAIN is not set: links in mails point at localhost.',
    production && values.WEBSITE_DOMAIN.some((site) => site.startsWith('http:') && !loopback(site)) && 'A website is not https: its traffic can be read in transit (WEBSITE_DOMAIN).',
    production && remote !== undefined && !given.has('REDIS_URL') && 'Limits are counted in this process: every replica allows the full number. Share them through Redis (REDIS_URL).',
    remote !== undefined && given.has('SERVICE_CLIENTS') && !given.has('REDIS_URL') && 'Services hear of sessions that end in the process that they are connected to. Where there are several, share what ends through Redis (REDIS_URL).',
    production && sendsSms({ secondFactors: values.SECOND_FACTORS }) && !given.has('SMS_COUNTRIES') && 'Codes are sent to any country. SMS pumping picks the expensive ones; name the countries your users live in (SMS_COUNTRIES).',
    production && api.startsWith('https:') && !given.has('TRUST_PROXY') && !given.has('TLS_CERT_FILE') &&
      'Behind a proxy that ends TLS, all clients seem to have its address and share one set of limits. Name the proxy, or set false if there is none (TRUST_PROXY).',
    values.TRUST_PROXY === true && 'Any client can choose its own address with X-Forwarded-For and evade the limits per address (TRUST_PROXY).',
    values.TRUST_TRACEPARENT && (values.TRUST_PROXY === false || values.TRUST_PROXY === true) &&
      (values.TRUST_PROXY ? 'Any client can have its requests recorded, and write into the traces of others (TRUST_TRACEPARENT).' : 'No proxy is trusted, so no trace is continued (TRUST_TRACEPARENT).'),
    values.SMS_RECEIPTS && loopback(api) && 'Providers cannot report to this machine, and some refuse messages that ask for it (SMS_RECEIPTS, API_DOMAIN).',
    values.ANTI_CSRF === 'NONE' && values.WEBSITE_DOMAIN.some((site) => new URL(site).hostname !== new URL(api).hostname) &&
      'Requests with session cookies are not protected against other sites (ANTI_CSRF).',
    values.FIRST_FACTOR === 'phone-password' && values.PASSWORD_RESET === true && 'A reset link goes to the phone that is the second factor: anyone with the phone can take over the account (PASSWORD_RESET).',
    values.ONE_MAILBOX_FOR_BOTH_FACTORS && 'Whoever has the mailbox of an account has both of its factors (ONE_MAILBOX_FOR_BOTH_FACTORS).',
    values.ACCOUNT_RECOVERY && values.PASSWORD_RESET !== false && 'Whoever has the mailbox of an account, and is not stopped within RECOVERY_PERIOD, has both of its factors (ACCOUNT_RECOVERY).',
    values.SECOND_FACTOR_ENFORCEMENT === 'route' && 'A route without require2FA is open to anyone who has only the password (SECOND_FACTOR_ENFORCEMENT).',
    production && values.FORWARD_AUTH_ORIGINS !== undefined && !given.has('SIGNING_KEYS') && 'Assertions are signed with a key of this process alone: other replicas do not publish it (SIGNING_KEYS).',
    production && values.AUDIT_SINKS?.includes('file') === true && !given.has('AUDIT_CHAIN_KEY') && 'Whoever can write the audit file can write it anew without a trace (AUDIT_CHAIN_KEY).',
    values.EXISTENCE_CHECKS && 'Anyone can ask which accounts exist (EXISTENCE_CHECKS).',
    production && values.METRICS_PORT !== undefined && !given.has('METRICS_KEY') && 'Whoever reaches the port of the metrics can read them: how many people sign in, and when an attack is noticed. Keep it from the outside, or set a key (METRICS_KEY).',
    values.HOSTED_PAGES_ACCENT !== undefined && contrastOf(values.HOSTED_PAGES_ACCENT, '#fff') < READABLE && 'Many people cannot read this colour on white, nor white on it: choose a darker one (HOSTED_PAGES_ACCENT).',
    ...idle(reading)
  ]
  return found.filter((text) => text !== false)
}

/** Settings of a provider that was not chosen. */
function idle ({ values, given }: Reading): string[] {
  return (['SMS_PROVIDER', 'MAIL_PROVIDER'] as const).flatMap((chooser) => {
    const chosen = chosenIn(values, chooser)
    const membersOf = (isChosen: boolean): Name[] => Object.entries(BELONGS[chooser]).filter(([name]) => chosen?.includes(name) === isChosen).flatMap(([, members]: [string, readonly Name[]]) => members)
    const used = membersOf(true)
    return [...new Set(membersOf(false))].filter((member) => given.has(member) && !used.includes(member))
      .map((member) => `${member} has no effect with ${chooser}=${chosen!.join(',')}.`)
  })
}
