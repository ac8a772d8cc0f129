import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { OptionsInvalid } from '../src/errors.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { createEmailChange, type EmailChange } from '../src/account/email-change.js'
import { emailUndo } from '../src/account/email-undo.js'
import { passwordChangeEndpoint } from '../src/account/password-change.js'
import { requireNewPassword } from '../src/account/forced-password-change.js'
import { answerPasswordBirths, guardSocialBirths } from '../src/first-factor/births.js'
import { endSessionsOnChange } from '../src/first-factor/credential-change.js'
import { useReturnedVerification } from '../src/first-factor/known-verification.js'
import { createEmailVerification } from '../src/first-factor/email-verification.js'
import { createPasswordReset } from '../src/first-factor/password-reset.js'
import { storablePasswordAccounts, storableRoles, storableSocialAccounts } from '../src/first-factor/lengths.js'
import { signUpByMail } from '../src/first-factor/sign-up-by-mail.js'
import { useCheckedPassword } from '../src/first-factor/checked-password.js'
import { hideUnknownAccounts } from '../src/first-factor/unknown-accounts.js'
import { offerFirstFactors } from '../src/first-factor/login-methods.js'
import { createLeakedPasswords } from '../src/first-factor/leaked-passwords.js'
import { createPasswordPolicy, type PasswordPolicy } from '../src/first-factor/password-policy.js'
import { nameOwners } from '../src/first-factor/reset-token.js'
import { applyPolicy, keepPasswords, passwordField } from '../src/first-factor/passwords.js'
import { normalisePhoneAccounts, phoneField } from '../src/first-factor/phone-accounts.js'
import { signUpWithUnprovenNumbers } from '../src/first-factor/unproven-numbers.js'
import { skipRolesWhereNoneExist } from '../src/session/roles-at-birth.js'
import { noticeOptions } from '../src/second-factor/notices.js'
import type { FactorEndpoint } from '../src/second-factor/factor.js'
import { openAccounts } from '../src/second-factor/factors/sms/number-claim.js'
import { CONTESTS, DELIVERY, FIRST_FACTOR, SUPERTOKENS } from './names.js'
import { onReload } from '../src/reload/reloads.js'
import { resolveOptions } from '../src/options/resolve.js'
import { runningProviders } from '../src/supertokens/sdk-internals.js'
import { share } from '../src/two-factor.js'

export type FirstFactorOptions = Omit<Fastify2faOptions, 'core' | 'sms' | 'mail'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** What a new password has to be. Recipes live as long as the process, so they look this up on every request. */
    passwords: PasswordPolicy
    /** Undefined where accounts are phone numbers. */
    emailChange: EmailChange | undefined
    /** With which owners change their password, and their address where they have one. */
    readonly credentialEndpoints: readonly FactorEndpoint[]
  }
}

/** Sets up passwords and social logins. Either creates a session that opens nothing yet (guides 004 and 000). */
async function firstFactor (app: FastifyInstance, options: FirstFactorOptions): Promise<void> {
  const resolved = resolveOptions(options)
  const byPhone = resolved.firstFactor === 'phone-password'
  const { appName, websiteDomains } = resolved.appInfo
  let isLeaked = resolved.leakedPasswords && createLeakedPasswords(resolved.leakedPasswords, app.log)
  onReload(app, ({ leakedPasswords: next }) => {
    if (next === undefined) return undefined
    const { leakedPasswords } = resolveOptions({ ...options, leakedPasswords: next })
    if (isLeaked === undefined) throw new OptionsInvalid('leakedPasswords: it was off at the start')
    const asked = createLeakedPasswords(leakedPasswords!, app.log)
    return () => { isLeaked = asked }
  })
  share(app, 'passwords', createPasswordPolicy({
    appName,
    minLength: resolved.passwordMinLength,
    isLeaked: isLeaked && ((password) => isLeaked!(password))
  }))

  const reset = createPasswordReset({ notices: noticeOptions(resolved), enabled: resolved.passwordReset })
  app.twoFactor.recipes.add('emailpassword', {
    signUpFeature: { formFields: [passwordField, ...(byPhone ? [phoneField(resolved.defaultCountry)] : [])] },
    emailDelivery: { service: reset.service }
  })
  app.twoFactor.recipes.override('emailpassword', useCheckedPassword)
  app.twoFactor.recipes.override('emailpassword', storablePasswordAccounts)
  app.twoFactor.recipes.override('emailpassword', keepPasswords)
  app.twoFactor.recipes.override('emailpassword', { functions: nameOwners })
  app.twoFactor.recipes.override('emailpassword', { apis: hideUnknownAccounts(app.twoFactor.core.embedded) })
  if (resolved.passwordReset) app.twoFactor.recipes.override('emailpassword', { apis: reset.apis })
  if (byPhone) app.twoFactor.recipes.override('emailpassword', openAccounts)
  app.twoFactor.recipes.override('emailpassword', endSessionsOnChange(byPhone))
  app.twoFactor.recipes.override('emailpassword', requireNewPassword)
  app.twoFactor.recipes.override('emailpassword', answerPasswordBirths)
  if (byPhone) {
    app.twoFactor.recipes.override('emailpassword', signUpWithUnprovenNumbers)
    app.twoFactor.recipes.override('emailpassword', normalisePhoneAccounts(resolved.defaultCountry))
  }
  // Register this after the normalisation, whose layer would switch the APIs on again.
  if (!resolved.passwordReset) app.twoFactor.recipes.override('emailpassword', { apis: reset.apis })
  if (resolved.signUpByMail) app.twoFactor.recipes.override('emailpassword', { apis: signUpByMail(appName) })
  app.twoFactor.recipes.override('emailpassword', { apis: applyPolicy(resolved.passwordReset) })
  if (!resolved.existenceChecks) {
    // Stock sign-up forms call this while users type. An honest answer lets anyone list accounts (ASVS 6.3.8).
    app.twoFactor.recipes.override('emailpassword', {
      apis: (original) => ({ ...original, emailExistsGET: async () => ({ status: 'OK', exists: false }) })
    })
  }

  const emailChange = byPhone ? undefined : createEmailChange({ ...resolved.appInfo, contestPeriod: resolved.contestPeriod })
  share(app, 'emailChange', emailChange)
  share(app, 'credentialEndpoints', [passwordChangeEndpoint(noticeOptions(resolved)), ...emailChange?.endpoints ?? []])
  if (!byPhone) app.twoFactor.contests.add(emailUndo(resolved.passwordReset))

  if (resolved.thirdPartyProviders.length > 0) {
    const [{ guardAppleCallback }, { guardProvider }, { prepareSecrets }] = await Promise.all([
      import('../src/first-factor/third-party/apple-callback.js'), import('../src/first-factor/third-party/provider.js'), import('../src/first-factor/third-party/clients.js')
    ])
    onReload(app, async ({ thirdPartyProviders: next }) => {
      if (next === undefined) return undefined
      const { thirdPartyProviders } = resolveOptions({ ...options, thirdPartyProviders: next })
      return prepareSecrets(await runningProviders(), resolved.thirdPartyProviders, thirdPartyProviders)
    })
    app.twoFactor.recipes.add('thirdparty', { signInAndUpFeature: { providers: resolved.thirdPartyProviders.map((provider) => guardProvider(provider)) } })
    app.twoFactor.recipes.override('thirdparty', storableSocialAccounts)
    app.twoFactor.recipes.override('thirdparty', { apis: guardAppleCallback(websiteDomains) })
    app.twoFactor.recipes.override('thirdparty', guardSocialBirths)
  }
  if (resolved.emailVerification !== 'off') {
    const verification = createEmailVerification(appName)
    app.twoFactor.recipes.add('emailverification', {
      mode: resolved.emailVerification === 'required' ? 'REQUIRED' : 'OPTIONAL',
      emailDelivery: { service: verification.service }
    })
    app.twoFactor.recipes.override('emailverification', useReturnedVerification)
    app.twoFactor.recipes.override('emailverification', { apis: verification.apis, functions: verification.functions })
  }
  app.twoFactor.recipes.override('multitenancy', offerFirstFactors)
  app.twoFactor.recipes.add('userroles', {})
  app.twoFactor.recipes.override('userroles', storableRoles)
  if (typeof resolved.secondFactorRequired !== 'object') app.twoFactor.recipes.override('userroles', skipRolesWhereNoneExist())
}

export default fp(firstFactor, { name: FIRST_FACTOR, fastify: '5.x', dependencies: [SUPERTOKENS, DELIVERY, CONTESTS] })
