import { resolveAdmin } from '../admin-api/options.js'
import { OptionsInvalid } from '../errors.js'
import { resolvePasswords } from '../first-factor/password-options.js'
import { resolveForwardAuth } from '../forward-auth/options.js'
import { resolveHostedPages } from '../hosted-pages/options.js'
import { resolveLimits } from '../limits/resolve.js'
import { resolveMetrics } from '../metrics/options.js'
import { MAX_WAIT_MS } from '../outage/concurrency.js'
import { joinPaths } from './auth-path.js'
import { toSeconds } from './duration.js'
import type { Fastify2faOptions } from './options.js'
import { optionProblems, websitesOf } from './problems.js'
import { OPTION_NAMES, productionProblems, reasonForProduction, type ProductionPart } from './production.js'
import type { ResolvedOptions } from './resolved.js'

/** Kept in one device, which breaks or is lost one day. A number can be had again. */
const BRING_CODES: readonly unknown[] = ['totp', 'passkey']

/** What production does not allow, and how to say that this is not production. */
function unsafeInProduction (options: Fastify2faOptions, parts: readonly ProductionPart[]): string[] {
  const reason = reasonForProduction(options)
  const problems = reason === undefined ? [] : productionProblems(options, OPTION_NAMES, parts)
  if (problems.length === 0) return []
  return [...problems.map(({ name, message }) => `${name}: ${message}`), `this counts as production because ${reason}. If it is not, set production: false`]
}

/** Stock frontends may ask for it; an account that signs in with a phone has no address. */
export function defaultEmailVerification (firstFactor: Fastify2faOptions['firstFactor']): ResolvedOptions['emailVerification'] {
  return firstFactor === 'phone-password' ? 'off' : 'optional'
}

/**
 * Checks the options and fills in the defaults. Call it before anything starts: a failed `supertokens.init` cannot be
 * repeated in the same process.
 *
 * @param parts the concerns whose production rules the caller answers for
 * @throws AUTH_OPTIONS_INVALID, listing every problem
 */
export function resolveOptions (options: Fastify2faOptions, parts: readonly ProductionPart[] = []): ResolvedOptions {
  const problems = [...optionProblems(options), ...unsafeInProduction(options, parts)]
  if (problems.length > 0) throw new OptionsInvalid(problems.join('; '))

  const firstFactor = options.firstFactor ?? 'email-password'
  const secondFactors = options.secondFactors ?? ['sms']
  return {
    appInfo: {
      appName: options.appInfo?.appName ?? 'fastify-2fa',
      apiDomain: options.appInfo?.apiDomain ?? 'http://localhost:3000',
      apiBasePath: joinPaths(options.appInfo?.apiBasePath ?? '/auth'),
      apiGatewayPath: joinPaths(options.appInfo?.apiGatewayPath),
      apiInternalPath: joinPaths(options.appInfo?.apiInternalPath),
      websiteDomains: websitesOf(options) as [string, ...string[]],
      websiteBasePath: options.appInfo?.websiteBasePath ?? '/auth'
    },
    core: options.core ?? { embedded: {} },
    firstFactor,
    thirdPartyProviders: options.thirdPartyProviders ?? [],
    emailVerification: options.emailVerification ?? defaultEmailVerification(firstFactor),
    passwordReset: options.passwordReset ?? firstFactor === 'email-password',
    ...resolvePasswords(options),
    supportContact: options.supportContact,
    existenceChecks: options.existenceChecks ?? false,
    signUpByMail: options.signUpByMail ?? false,
    secondFactors,
    emailFactorFlow: options.emailFactorFlow ?? 'code',
    oneMailboxForBothFactors: options.oneMailboxForBothFactors ?? false,
    passkeyRpId: options.passkeyRpId,
    passkeySignIn: options.passkeySignIn ?? false,
    knownBrowsers: options.knownBrowsers ?? false,
    recoveryCodes: options.recoveryCodes ?? secondFactors.some((factor) => BRING_CODES.includes(factor)),
    accountRecovery: options.accountRecovery ?? false,
    recoveryPeriod: toSeconds(options.recoveryPeriod ?? '72h'),
    factorKeys: options.factorKeys ?? [],
    secondFactorEnforcement: options.secondFactorEnforcement ?? 'global',
    secondFactorRequired: options.secondFactorRequired ?? 'everyone',
    secureByDefault: options.secureByDefault ?? false,
    guardRefusals: options.guardRefusals ?? 'send',
    traceUserIds: options.traceUserIds ?? false,
    traceSenders: options.traceSenders ?? false,
    exposePhoneNumber: options.exposePhoneNumber ?? true,
    codeLifetime: toSeconds(options.codeLifetime ?? '5m'),
    contestPeriod: toSeconds(options.contestPeriod ?? '72h'),
    noticesOff: options.noticesOff ?? [],
    newBrowserNotices: options.newBrowserNotices ?? false,
    placeOf: options.placeOf,
    smsText: options.smsText,
    defaultLanguage: options.defaultLanguage ?? 'en',
    messages: options.messages ?? {},
    hostedPages: resolveHostedPages(options.hostedPages),
    forwardAuth: resolveForwardAuth(options.forwardAuth),
    defaultCountry: options.defaultCountry,
    sms: options.sms ?? { provider: 'log' },
    smsReceipts: options.smsReceipts ?? false,
    mail: options.mail ?? { provider: 'log' },
    tokenTransferMethod: options.tokenTransferMethod ?? 'any',
    antiCsrf: options.antiCsrf,
    cookieDomain: options.cookieDomain,
    signingKeys: options.signingKeys,
    serviceClients: options.serviceClients ?? [],
    admin: resolveAdmin(options.admin),
    eventReaders: options.eventReaders ?? 200,
    eventReceiver: options.eventReceiver,
    audit: options.audit ?? {},
    rolesMaxAge: toSeconds(options.rolesMaxAge ?? '5m'),
    sessionProperty: options.sessionProperty ?? 'session',
    limits: resolveLimits(options.limits),
    metrics: resolveMetrics(options.metrics),
    authConcurrency: options.authConcurrency ?? 256,
    authMaxWait: options.authMaxWait ?? MAX_WAIT_MS
  }
}
