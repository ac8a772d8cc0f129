import { isSupportedCountry } from 'libphonenumber-js/max'
import { adminProblems } from '../admin-api/options.js'
import { auditProblems } from '../audit/options.js'
import { passwordProblems } from '../first-factor/password-options.js'
import { providerProblems } from '../first-factor/third-party/settings.js'
import { forwardAuthProblems } from '../forward-auth/options.js'
import { hostedPagesProblems } from '../hosted-pages/options.js'
import { languageProblems } from '../language/problems.js'
import { limitProblems } from '../limits/resolve.js'
import { metricsProblems } from '../metrics/options.js'
import { SHORTEST_KEY } from '../second-factor/factor-keys.js'
import { isDomain, relyingPartyProblems } from '../second-factor/factors/passkey/relying-party.js'
import { noticesProblem } from '../second-factor/notice-texts.js'
import { requirementProblem } from '../second-factor/requirement.js'
import { eventReceiverProblems } from '../revocations/options.js'
import { serviceClientProblems } from '../service-clients/options.js'
import { signingKeysProblem } from '../signing-keys/keys.js'
import { isPlainPath } from './auth-path.js'
import { isDuration, toSeconds } from './duration.js'
import { LOADER_OPTIONS } from './loader-options.js'
import type { Fastify2faOptions } from './options.js'

const CHOICES = {
  firstFactor: ['email-password', 'phone-password'],
  emailVerification: ['off', 'optional', 'required'],
  emailFactorFlow: ['code', 'link', 'both'],
  secondFactorEnforcement: ['global', 'route'],
  guardRefusals: ['send', 'throw'],
  tokenTransferMethod: ['any', 'cookie', 'header'],
  antiCsrf: ['NONE', 'VIA_CUSTOM_HEADER', 'VIA_TOKEN']
} as const

const KNOWN = new Set([
  'appInfo', 'core', 'firstFactor', 'thirdPartyProviders', 'emailVerification', 'passwordReset', 'passwordMinLength', 'leakedPasswords', 'supportContact', 'existenceChecks', 'signUpByMail',
  'secondFactors', 'emailFactorFlow', 'oneMailboxForBothFactors', 'passkeyRpId', 'passkeySignIn', 'knownBrowsers', 'recoveryCodes', 'accountRecovery', 'recoveryPeriod', 'factorKeys', 'secondFactorEnforcement', 'secondFactorRequired', 'secureByDefault', 'guardRefusals', 'traceUserIds', 'traceSenders', 'exposePhoneNumber', 'codeLifetime', 'contestPeriod', 'noticesOff', 'newBrowserNotices', 'placeOf', 'smsText', 'defaultLanguage', 'messages', 'defaultCountry', 'sms', 'smsReceipts', 'mail', 'tokenTransferMethod', 'antiCsrf', 'cookieDomain',
  'hostedPages', 'forwardAuth', 'rolesMaxAge', 'sessionProperty', 'limits', 'metrics', 'authConcurrency', 'authMaxWait', 'signingKeys', 'serviceClients', 'admin', 'eventReaders', 'eventReceiver', 'audit',
  'production', 'embeddedCoreInProduction', 'printCodesInProduction'
])

/** Checks for an origin as browsers send it: no path, query or credentials. */
function originProblem (name: string, value: unknown): string | undefined {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return `${name} must be an http(s) URL`
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') return `${name} must be an origin without a path`
  return undefined
}

const isLongEnough = (key: unknown): boolean => typeof key === 'string' && key.length >= SHORTEST_KEY

/** Of an owner who is told, and may be on a journey. */
const isPeriod = (value: unknown): boolean => isDuration(value) && toSeconds(value) >= 3600 && toSeconds(value) <= 30 * 86_400

function pathProblem (name: string, value: unknown): string | undefined {
  return isPlainPath(value) ? undefined : `${name} must be a path such as /auth`
}

export function websitesOf ({ appInfo: { websiteDomains = ['http://localhost:3001'] } = {} }: Fastify2faOptions): string[] {
  return websiteDomains.map((domain) => new URL(domain).origin)
}

function passkeyProblems (options: Fastify2faOptions): string[] {
  const { secondFactors, passkeyRpId, appInfo: { websiteDomains = [] } = {} } = options
  if (passkeyRpId !== undefined && !isDomain(passkeyRpId)) return ['passkeyRpId must be a domain such as example.com']
  const isOn = Array.isArray(secondFactors) && secondFactors.includes('passkey')
  // What is no list of origins is a problem of its own already.
  if (options.passkeySignIn === true && !isOn) return ['passkeySignIn needs passkey among secondFactors']
  // The claim of its sessions states that the account's own phone is verified, of which a passkey knows nothing.
  if (options.passkeySignIn === true && options.firstFactor === 'phone-password') return ['passkeySignIn needs firstFactor email-password']
  if (!isOn || !Array.isArray(websiteDomains) || websiteDomains.some((domain) => originProblem('', domain) !== undefined)) return []
  return relyingPartyProblems({ passkeyRpId, websiteDomains: websitesOf(options) }).map((problem) => `passkeyRpId: ${problem}`)
}

/** Shorter, and an owner who does not read messages over a night is too late. */
const SHORTEST_RECOVERY = 86_400
const LONGEST_RECOVERY = 30 * 86_400

function recoveryProblems ({ accountRecovery, recoveryPeriod, firstFactor }: Fastify2faOptions): string[] {
  const isInRange = (period: number | string): boolean => isDuration(period) && toSeconds(period) >= SHORTEST_RECOVERY && toSeconds(period) <= LONGEST_RECOVERY
  return [
    ...(recoveryPeriod !== undefined && !isInRange(recoveryPeriod) ? ['recoveryPeriod must be 24h to 30d'] : []),
    // Those accounts have no mailbox.
    ...(accountRecovery === true && firstFactor === 'phone-password' ? ['accountRecovery needs firstFactor email-password'] : [])
  ]
}

function isCodeLifetime (lifetime: number | string): boolean {
  const seconds = isDuration(lifetime) ? toSeconds(lifetime) : NaN
  return Number.isInteger(seconds) && seconds >= 30 && seconds <= 600
}

/** All that is wrong with the options, wherever they run. What production does not allow is in `production.ts`. */
export function optionProblems (options: Fastify2faOptions): string[] {
  const { appInfo = {}, core, firstFactor, emailVerification, thirdPartyProviders, defaultCountry, codeLifetime, contestPeriod, smsText, authConcurrency, authMaxWait, secondFactors, factorKeys, rolesMaxAge, sessionProperty, supportContact, eventReaders } = options
  const unknown = Object.keys(options).filter((name) => !KNOWN.has(name) && !LOADER_OPTIONS.has(name))
  const problems: (string | undefined)[] = unknown.map((name) => `${name} is not an option`)

  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = options[name as keyof typeof CHOICES]
    if (value !== undefined && !(choices as readonly unknown[]).includes(value)) problems.push(`${name} must be one of ${choices.join(', ')}`)
  }
  for (const name of ['passwordReset', 'existenceChecks', 'signUpByMail', 'oneMailboxForBothFactors', 'passkeySignIn', 'knownBrowsers', 'recoveryCodes', 'accountRecovery', 'newBrowserNotices', 'exposePhoneNumber', 'smsReceipts', 'secureByDefault', 'production', 'embeddedCoreInProduction', 'printCodesInProduction'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean') problems.push(`${name} must be true or false`)
  }
  if (appInfo.apiDomain !== undefined) problems.push(originProblem('appInfo.apiDomain', appInfo.apiDomain))
  for (const name of ['apiBasePath', 'apiGatewayPath', 'apiInternalPath', 'websiteBasePath'] as const) {
    if (appInfo[name] !== undefined) problems.push(pathProblem(`appInfo.${name}`, appInfo[name]))
  }
  if (appInfo.websiteDomains !== undefined) {
    if (!Array.isArray(appInfo.websiteDomains) || appInfo.websiteDomains.length === 0) problems.push('appInfo.websiteDomains must name at least one origin')
    else problems.push(...appInfo.websiteDomains.map((domain) => originProblem('appInfo.websiteDomains', domain)))
  }
  if (core !== undefined && ('connectionURI' in core) === ('embedded' in core)) {
    problems.push('core must be either { connectionURI } or { embedded }')
  } else if (core !== undefined && 'connectionURI' in core) {
    const uris = typeof core.connectionURI === 'string' ? core.connectionURI.split(';').filter((uri) => uri.trim() !== '') : []
    if (uris.length === 0 || !uris.every((uri) => URL.canParse(uri.trim()))) problems.push('core.connectionURI must be one base URL or several, separated by ";"')
  }
  if (defaultCountry !== undefined && !isSupportedCountry(defaultCountry)) problems.push('defaultCountry must be a two-letter country code such as US')
  if (codeLifetime !== undefined && !isCodeLifetime(codeLifetime)) problems.push('codeLifetime must be 30 to 600 seconds, or a time such as 5m')
  if (contestPeriod !== undefined && !isPeriod(contestPeriod)) problems.push('contestPeriod must be one hour to 30 days, such as 72h')
  if (authConcurrency !== undefined && !(Number.isInteger(authConcurrency) && authConcurrency >= 1)) problems.push('authConcurrency must be a whole number, 1 or more')
  if (authMaxWait !== undefined && !(Number.isInteger(authMaxWait) && authMaxWait >= 0)) problems.push('authMaxWait must be a whole number of milliseconds, 0 or more')
  if (rolesMaxAge !== undefined && !isDuration(rolesMaxAge)) problems.push('rolesMaxAge must be seconds, or a number with a unit such as 5m')
  if (sessionProperty !== undefined && !(typeof sessionProperty === 'string' && /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(sessionProperty))) problems.push('sessionProperty must be a name such as authSession')
  if (supportContact !== undefined && !(typeof supportContact === 'string' && /^\P{Cc}{1,256}$/u.test(supportContact))) problems.push('supportContact must be an address, a number or a page, on a single line')
  // A receipt that comes again has to be known, and limits are where replicas count together.
  if (options.smsReceipts === true && (options.limits === false || options.limits?.sends === false)) problems.push('smsReceipts needs limits.sends')
  problems.push(...hostedPagesProblems(options.hostedPages))
  if (options.hostedPages && options.tokenTransferMethod === 'header') problems.push('hostedPages need cookies: tokenTransferMethod must be any or cookie')
  problems.push(...forwardAuthProblems(options.forwardAuth, { apiDomain: appInfo.apiDomain, cookieDomain: options.cookieDomain, usesCookies: options.tokenTransferMethod !== 'header' }))
  problems.push(...passwordProblems(options))
  if (options.placeOf !== undefined && typeof options.placeOf !== 'function') problems.push('placeOf must be a function')
  problems.push(noticesProblem(options.noticesOff))
  problems.push(signingKeysProblem(options.signingKeys))
  problems.push(...serviceClientProblems(options.serviceClients), ...eventReceiverProblems(options.eventReceiver), ...auditProblems(options.audit))
  problems.push(...adminProblems(options.admin, { serviceClients: options.serviceClients, hasPages: Boolean(options.hostedPages) }))
  if (eventReaders !== undefined && !(Number.isInteger(eventReaders) && eventReaders >= 1)) problems.push('eventReaders must be a whole number, 1 or more')
  if (smsText !== undefined && typeof smsText !== 'function') problems.push('smsText must be a function')
  if (secondFactors !== undefined && !(Array.isArray(secondFactors) && secondFactors.length > 0)) problems.push('secondFactors must name at least one factor, such as sms')
  problems.push(...passkeyProblems(options))
  if (factorKeys !== undefined && !(Array.isArray(factorKeys) && factorKeys.length > 0 && factorKeys.every(isLongEnough))) problems.push(`factorKeys must be a list of keys, each of at least ${SHORTEST_KEY} characters`)
  problems.push(...recoveryProblems(options))
  problems.push(requirementProblem(options.secondFactorRequired))
  if (firstFactor === 'phone-password') {
    // Its claim states that the account's own phone is verified, which only `sms` does.
    if (Array.isArray(secondFactors) && !secondFactors.includes('sms')) problems.push('firstFactor phone-password needs sms among secondFactors')
    // Both need an e-mail address or a second identity, which phone accounts do not have.
    if (emailVerification !== undefined && emailVerification !== 'off') problems.push('emailVerification needs firstFactor email-password')
    if (thirdPartyProviders !== undefined && thirdPartyProviders.length > 0) problems.push('thirdPartyProviders needs firstFactor email-password')
  }
  if (options.signUpByMail === true) {
    if (emailVerification !== 'required' || firstFactor === 'phone-password') problems.push('signUpByMail needs emailVerification required')
    // The link in the mail leads to the page that resets passwords.
    if (options.passwordReset === false) problems.push('signUpByMail needs passwordReset')
    if (options.existenceChecks === true) problems.push('signUpByMail hides which accounts exist, and existenceChecks tells')
  }
  problems.push(...languageProblems(options.defaultLanguage, options.messages), ...providerProblems(thirdPartyProviders), ...limitProblems(options.limits), ...metricsProblems(options.metrics))
  return problems.filter((problem) => problem !== undefined)
}
