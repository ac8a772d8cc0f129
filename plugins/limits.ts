import fp from 'fastify-plugin'
import { getRequestFromUserContext } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answering } from '../src/limits/answers.js'
import { createFailures, type Failures } from '../src/second-factor/tries.js'
import { createKeys, networkOf } from '../src/limits/keys.js'
import type { RedisConnection } from '../src/limits/redis.js'
import { createSends, type Sends } from '../src/limits/sends.js'
import { createSignIn, type SignIn } from '../src/limits/sign-in.js'
import { createMemoryStore, createRedisStore } from '../src/limits/store.js'
import type { Taken } from '../src/limits/windows.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { toE164 } from '../src/phone/number.js'
import { FIRST_FACTOR, LIMITS, PHONE_PINNING } from './names.js'
import { resolveOptions } from '../src/options/resolve.js'
import { appOf } from '../src/supertokens/sdk.js'

export type LimitsPluginOptions = Pick<Fastify2faOptions, 'limits' | 'firstFactor' | 'defaultCountry' | 'passwordReset'>

declare module 'fastify' {
  interface FastifyInstance {
    /** Of this app: recipes live as long as the process and look it up for every request. Null when `limits` is `false`. */
    limits: {
      readonly failures: Failures | undefined
      readonly sends: Sends
      readonly signIn: SignIn | undefined
      /** Whether what replicas share can be reached; undefined where each counts for itself. Never throws. */
      readonly isReachable: (() => Promise<boolean>) | undefined
    } | null
  }
}

function networkOfRequest (userContext: UserContext): string {
  const request = getRequestFromUserContext(userContext)?.original as FastifyRequest | undefined
  // Calls of the host's own have no client.
  return request === undefined ? 'host' : networkOf(request.ip)
}

function fieldOf (fields: { id: string, value: unknown }[], id: string): string {
  const value = fields.find((field) => field.id === id)?.value
  return typeof value === 'string' ? value : ''
}

/** Its client is only loaded where there is a Redis. */
async function connect (url: string, { log }: FastifyInstance): Promise<RedisConnection> {
  const { connectRedis } = await import('../src/limits/redis.js')
  return connectRedis(url, log)
}

/**
 * What nobody may do without end: try codes, have messages sent, try passwords. The layer outside phone pinning and the second factor.
 *
 * Counting happens right where the Core is asked, under every check that refuses for another reason; the APIs turn a limit that was met
 * into an answer, and give back what came to nothing.
 */
async function limits (app: FastifyInstance, options: LimitsPluginOptions): Promise<void> {
  const { limits: rules, firstFactor, defaultCountry, passwordReset } = resolveOptions(options)
  if (rules === false) {
    app.decorate('limits', null)
    return
  }

  const redis = rules.redisUrl === undefined ? undefined : await connect(rules.redisUrl, app)
  app.addHook('onClose', async () => { redis?.client.disconnect() })
  const store = redis === undefined ? createMemoryStore() : createRedisStore(redis)
  const keys = createKeys(app.core.apiKey ?? '')
  app.decorate('limits', {
    failures: rules.failures === false ? undefined : createFailures({ store, keys, rules: rules.failures }),
    sends: createSends({ store, keys, rules: rules.sends, countries: rules.countries }),
    signIn: rules.signIn === false ? undefined : createSignIn({ store, keys, rules: rules.signIn }),
    isReachable: redis?.isReachable
  })

  const { requests } = app.secondFactor
  const sending = new WeakMap<UserContext, Taken>()

  /** Takes what a message costs, when it belongs to a second-factor request; messages of the host's own are the host's business. */
  async function reserveSend (phoneNumber: string | undefined, userContext: UserContext): Promise<void> {
    const limits = appOf(userContext).limits
    const request = requests.find(userContext)
    if (limits === null || request === undefined || phoneNumber === undefined) return
    const userId = request.session.getUserId()
    // A code that cannot be tried is not worth a message.
    await limits.failures?.requireUnlocked(userId, userContext)
    sending.set(userContext, await limits.sends.reserve({ userId, phoneNumber, network: networkOfRequest(userContext) }))
  }

  /** Runs an API that sends; what it took is given back unless it answers OK. */
  async function settlingSend<Result extends { status: string }> (userContext: UserContext, api: () => Promise<Result>): Promise<Result> {
    let sent = false
    try {
      const result = await api()
      sent = result.status === 'OK'
      const left = sending.get(userContext)?.left
      // How many are left, for frontends that say so; those of SuperTokens ignore fields they do not know.
      return sent && left !== undefined && Number.isFinite(left) ? { ...result, sendsLeft: left } : result
    } finally {
      if (!sent) await sending.get(userContext)?.giveBack()
    }
  }

  app.recipes.override('passwordless', {
    apis: (original) => ({
      ...original,
      createCodePOST: (input) => answering(input.options.res, () => settlingSend(input.userContext, () => original.createCodePOST!(input))),
      resendCodePOST: (input) => answering(input.options.res, () => settlingSend(input.userContext, () => original.resendCodePOST!(input))),
      consumeCodePOST: (input) => answering(input.options.res, () => original.consumeCodePOST!(input))
    }),

    functions: (original) => ({
      ...original,
      async createCode (input) {
        await reserveSend('phoneNumber' in input ? input.phoneNumber : undefined, input.userContext)
        return await original.createCode(input)
      },
      async createNewCodeForDevice (input) {
        await reserveSend(requests.find(input.userContext)?.challenge?.phoneNumber, input.userContext)
        return await original.createNewCodeForDevice(input)
      },
      async consumeCode (input) {
        const failures = appOf(input.userContext).limits?.failures
        const request = requests.find(input.userContext)
        if (failures === undefined || request === undefined) return await original.consumeCode(input)
        return await failures.attempt({ userId: request.session.getUserId(), challengeId: input.preAuthSessionId }, input.userContext, () => original.consumeCode(input))
      }
    })
  })

  /** What the Core would look up: two spellings are one account. */
  function accountOf (typed: string): string {
    const byPhone = firstFactor === 'phone-password' ? toE164(typed, defaultCountry) : undefined
    return byPhone ?? typed.trim().toLowerCase()
  }

  app.recipes.override('emailpassword', {
    apis: (original) => ({
      ...original,
      async signInPOST (input) {
        const { userContext, formFields, options: { res } } = input
        const signIn = appOf(userContext).limits?.signIn
        if (signIn === undefined) return await original.signInPOST!(input)
        const claimant = { account: accountOf(fieldOf(formFields, 'email')), network: networkOfRequest(userContext) }
        return await answering(res, () => signIn.attempt(claimant, () => original.signInPOST!(input)))
      },
      // A layer outside one that switches an API off would switch it on again.
      ...(passwordReset && {
        async generatePasswordResetTokenPOST (input) {
          const { userContext, formFields, options: { res } } = input
          return await answering(res, async () => {
            await appOf(userContext).limits?.sends.reserveLink(accountOf(fieldOf(formFields, 'email')), networkOfRequest(userContext))
            return await original.generatePasswordResetTokenPOST!(input)
          })
        }
      } satisfies Partial<typeof original>)
    })
  })
}

export default fp(limits, { name: LIMITS, fastify: '5.x', dependencies: [FIRST_FACTOR, PHONE_PINNING] })
