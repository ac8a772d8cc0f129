import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { publishAudit } from '../src/audit/audit.js'
import { OptionsInvalid } from '../src/errors.js'
import { wasFoundWrong } from '../src/first-factor/checked-password.js'
import { answering } from '../src/limits/answers.js'
import { createCallLimits, createUnlockLimits, type CallLimits, type UnlockLimits } from '../src/limits/calls.js'
import { createKeys } from '../src/limits/keys.js'
import type { Report } from '../src/limits/ceiling.js'
import { createKnownNetworks, type KnownNetworks } from '../src/limits/known.js'
import { createLinkTries, type LinkTries } from '../src/limits/link-tries.js'
import { rememberNetworks, rememberPassed } from '../src/limits/known-recipes.js'
import { networksOfRequest } from '../src/limits/network.js'
import { createNewNumbers, type NewNumbers } from '../src/limits/new-numbers.js'
import { createOpenAction, type OpenActions } from '../src/limits/open-actions.js'
import { limitSignUps, limitSocialSignUps, limitVerificationMails } from '../src/limits/open-recipes.js'
import { createRedisStore } from '../src/limits/redis-store.js'
import type { RedisState } from '../src/limits/redis-state.js'
import { reloadRedis } from '../src/limits/reload-redis.js'
import { connectRedis } from '../src/limits/redis.js'
import type { ReceiptLimits } from '../src/delivery/sms/receipt-desk.js'
import { createSends, type Sends } from '../src/limits/sends.js'
import { createSpend, type Spend } from '../src/limits/spend.js'
import type { ResolvedSpend } from '../src/limits/spend-options.js'
import { createSignIn, type SignIn } from '../src/limits/sign-in.js'
import { createMemoryStore } from '../src/limits/store.js'
import { subjectOf } from '../src/limits/subject.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { toE164 } from '../src/phone/number.js'
import { FIRST_FACTOR, LIMITS, PHONE_PINNING } from './names.js'
import { onReload } from '../src/reload/reloads.js'
import { resolveOptions } from '../src/options/resolve.js'
import { createFailureEvents, noticeOptions } from '../src/second-factor/notices.js'
import { createSecondFactorTries, type SecondFactorTries } from '../src/second-factor/tries.js'
import { fieldOf } from '../src/supertokens/form-fields.js'
import { appOf, requestOf } from '../src/supertokens/sdk.js'
import { markUrgent } from '../src/supertokens/urgency.js'
import { share } from '../src/two-factor.js'

export type LimitsPluginOptions = Pick<Fastify2faOptions, 'appInfo' | 'limits' | 'firstFactor' | 'defaultCountry' | 'passwordReset' | 'contestPeriod' | 'noticesOff' | 'placeOf'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /**
     * The limits of this app. Recipes live as long as the process, so they look this up on every request. Null if
     * `limits` is `false`.
     */
    limits: {
      /** Failures of the second factor, counted over all factors of a user. */
      readonly failures: SecondFactorTries | undefined
      readonly sends: Sends
      /** Messages to phone numbers that have not answered a code yet. */
      readonly newNumbers: NewNumbers | undefined
      /** What text messages cost; undefined where nobody has said. */
      readonly spend: Spend | undefined
      /** What receipts of text messages are for. */
      readonly receipts: ReceiptLimits | undefined
      /** Countries that codes may be sent to; empty allows all. */
      readonly countries: readonly string[]
      readonly signIn: SignIn | undefined
      /** The name under which tries and links of an account are counted, from its login in any spelling. */
      accountOf (login: string): string
      /** Links that are wrong, such as those that undo a change. */
      readonly links: LinkTries | undefined
      /** Wrong keys of service clients. */
      readonly serviceClients: LinkTries | undefined
      /** Wrong keys of the admin API. */
      readonly adminKeys: LinkTries | undefined
      /** Calls of the admin API, by the name of the key. */
      readonly adminCalls: CallLimits | undefined
      /** Unlocks by those who are no admins, by account; undefined where wrong codes are not limited. */
      readonly adminUnlocks: UnlockLimits | undefined
      /** The networks at which accounts are at home. */
      readonly known: KnownNetworks
      readonly signUps: OpenActions | undefined
      /** Mails to addresses that nobody has confirmed. */
      readonly mails: OpenActions | undefined
      /** Whether the shared store can be read and written; undefined if each replica counts for itself. Never throws. */
      readonly isReachable: (() => Promise<boolean>) | undefined
      /** The shared store; undefined if each replica counts for itself. */
      readonly redis: RedisState | undefined
    } | null
  }
}

/**
 * Sign-ups a day with one number that each network keeps while strangers sign up with it. With phone + password people
 * can sign up with a number again until a code is answered, so its owner must be able to.
 */
const SHARE_OF_NETWORK = 2

/** As long as a receipt may arrive. */
const RECEIPT_SECONDS = 3 * 86_400

/**
 * Limits tried codes, sent messages and tried passwords. The second factor counts its own tries right before it asks
 * the Core (`src/second-factor/login.ts`). Passwords and reset links are limited here.
 */
async function limits (app: FastifyInstance, options: LimitsPluginOptions): Promise<void> {
  const resolved = resolveOptions(options, ['limits'])
  const { limits: rules, firstFactor, defaultCountry, passwordReset } = resolved
  if (rules === false) {
    share(app, 'limits', null)
    return
  }

  const redis = rules.redisUrl === undefined ? undefined : await connectRedis(rules.redisUrl, app.log)
  const store = redis === undefined ? createMemoryStore() : createRedisStore(redis)
  app.addHook('onClose', async () => { redis?.client.disconnect() })
  if (redis !== undefined) reloadRedis(app, options, rules.redisUrl!, () => [redis.client])
  const keys = createKeys(app.twoFactor.core.secret)
  const report: Report = (event, what) => {
    app.log.warn({ limit: what }, event === 'limit.near' ? 'a limit may soon be used up' : 'a limit is used up: requests are refused')
    publishAudit(app, { type: event, reason: what })
  }
  const shared = { store, keys, report }
  const byPhone = firstFactor === 'phone-password'
  const events = createFailureEvents({
    ...noticeOptions(resolved),
    async remember (userId, userContext) {
      // Known networks are of use where passwords or reset links are limited.
      if (rules.signIn !== false || rules.sends !== false) await rememberPassed(accountOf, userId, userContext)
    }
  })
  const newNumbers = rules.sends === false ? undefined : createNewNumbers({ ...shared, rules: rules.sends })
  const spendBy = (rules: ResolvedSpend | undefined): Spend | undefined => rules && createSpend({ ...shared, rules })
  let [countries, spend] = [rules.countries, spendBy(rules.spend)]
  onReload(app, ({ limits: changed }) => {
    if (changed === undefined) return undefined
    const { limits: next } = resolveOptions({ ...options, limits: changed }, ['limits'])
    if (changed === false || next === false) throw new OptionsInvalid('limits: they cannot be switched off while the app runs')
    // What was spent is kept by its period, whatever the prices are. Who names only another secret changes neither.
    return () => {
      if (changed.countries !== undefined) countries = next.countries
      if (changed.spend !== undefined) spend = spendBy(next.spend)
    }
  })
  share(app, 'limits', {
    failures: rules.failures === false ? undefined : createSecondFactorTries({ store, keys, rules: rules.failures, events }),
    sends: createSends({ store, keys, rules: rules.sends }),
    newNumbers,
    get spend () { return spend },
    receipts: newNumbers === undefined
      ? undefined
      : { isNews: async (name) => await store.take(keys('watch-receipt', name), RECEIPT_SECONDS) === 0, undelivered: newNumbers.undelivered },
    get countries () { return countries },
    signIn: rules.signIn === false ? undefined : createSignIn({ store, keys, rules: rules.signIn }),
    accountOf,
    links: rules.signIn === false ? undefined : createLinkTries({ store, keys, rules: rules.signIn }),
    serviceClients: rules.signIn === false ? undefined : createLinkTries({ store, keys, rules: rules.signIn, purpose: 'client-address' }),
    adminKeys: rules.signIn === false ? undefined : createLinkTries({ store, keys, rules: rules.signIn, purpose: 'admin-address' }),
    adminCalls: rules.admin === false ? undefined : createCallLimits({ store, keys, rules: rules.admin }),
    adminUnlocks: rules.failures === false ? undefined : createUnlockLimits({ store, keys }),
    known: createKnownNetworks(store, keys),
    signUps: rules.signUps === false
      ? undefined
      : createOpenAction({ ...shared, rules: rules.signUps, purpose: 'sign-up', what: 'sign-ups', refusal: 'Too many sign-ups.', perNetworkInADay: byPhone ? SHARE_OF_NETWORK : 0 }),
    mails: rules.mails === false
      ? undefined
      : createOpenAction({ ...shared, rules: rules.mails, purpose: 'mail', what: 'verification mails', refusal: 'Too many e-mails were sent.' }),
    isReachable: redis?.isReachable,
    redis: redis?.state
  })

  /** Normalises a login name as the Core looks it up, so that two spellings count as one account. */
  function accountOf (typed: string): string {
    return (byPhone ? toE164(typed, defaultCountry) : undefined) ?? subjectOf(typed)
  }

  app.twoFactor.recipes.override('emailpassword', limitSignUps(({ formFields }) => accountOf(fieldOf(formFields, 'email'))))
  app.twoFactor.recipes.override('emailpassword', rememberNetworks(accountOf, passwordReset))
  if (app.twoFactor.recipes.has('thirdparty')) app.twoFactor.recipes.override('thirdparty', limitSocialSignUps())
  if (app.twoFactor.recipes.has('emailverification')) app.twoFactor.recipes.override('emailverification', limitVerificationMails())
  app.twoFactor.recipes.override('emailpassword', {
    apis: (original) => ({
      ...original,
      async signInPOST (input) {
        const { userContext, formFields, options: { res } } = input
        const signIn = appOf(userContext).twoFactor.limits?.signIn
        if (signIn === undefined) return await original.signInPOST!(input)
        const claimant = { account: accountOf(fieldOf(formFields, 'email')), networks: networksOfRequest(userContext), foundWrong: () => wasFoundWrong(userContext) }
        return await answering(res, () => signIn.attempt(claimant, (isKnown) => {
          // Strangers who keep the Core busy with passwords must not keep owners out.
          if (isKnown) markUrgent(requestOf(userContext))
          return original.signInPOST!(input)
        }))
      },
      // Overriding an API that is switched off would switch it on again.
      ...(passwordReset && {
        async generatePasswordResetTokenPOST (input) {
          const { userContext, formFields, options: { res } } = input
          return await answering(res, async () => {
            await appOf(userContext).twoFactor.limits?.sends.reserveLink(accountOf(fieldOf(formFields, 'email')), networksOfRequest(userContext))
            return await original.generatePasswordResetTokenPOST!(input)
          })
        }
      } satisfies Partial<typeof original>)
    })
  })
}

export default fp(limits, { name: LIMITS, fastify: '5.x', dependencies: [FIRST_FACTOR, PHONE_PINNING] })
