import SuperTokens, { getUser } from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Passwordless from 'supertokens-node/recipe/passwordless'
import * as Session from 'supertokens-node/recipe/session'
import { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import * as ThirdParty from 'supertokens-node/recipe/thirdparty'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import type { TypeInput } from 'supertokens-node/types'
import { serve } from './serve.js'

/**
 * An app as SuperTokens' legacy guides have it, on supertokens-node alone: `two-factor` (first and second factor, guides 004 and
 * 001) or `phone-password` (guide 000). Its holes are theirs. A process of its own, since the SDK is one per process; codes go
 * to whoever has started it.
 */
export interface GuideOptions {
  connectionURI: string
  system: 'two-factor' | 'phone-password'
  /** For social logins. */
  providers?: ProviderInput[]
}

const { connectionURI, system, providers = [] } = JSON.parse(process.argv[2]!) as GuideOptions
const byPhone = system === 'phone-password'

const claim = new BooleanClaim({ key: byPhone ? 'phone-verified' : '2fa-completed', fetchValue: () => false })

/** The number of the user of the phone that the account points to. */
async function savedNumber (userId: string): Promise<string | undefined> {
  const { metadata } = await UserMetadata.getUserMetadata(userId)
  const { passwordlessUserId } = metadata
  return typeof passwordlessUserId === 'string' ? (await getUser(passwordlessUserId))?.phoneNumbers[0] : undefined
}

const numberOf = async (userId: string): Promise<string | undefined> => byPhone ? (await getUser(userId))?.emails[0] : await savedNumber(userId)

const passwordless = Passwordless.init({
  flowType: 'USER_INPUT_CODE',
  contactMethod: 'PHONE',
  smsDelivery: { service: { async sendSms ({ phoneNumber, userInputCode }) { process.send!({ to: phoneNumber, code: userInputCode }) } } },
  override: {
    apis: (original) => ({
      ...original,
      async createCodePOST (input) {
        const session = await Session.getSession(input.options.req, input.options.res, { overrideGlobalClaimValidators: () => [] })
        const phoneNumber = byPhone ? session.getAccessTokenPayload().phoneNumber as string : await savedNumber(session.getUserId())
        if (phoneNumber !== undefined && (!('phoneNumber' in input) || input.phoneNumber !== phoneNumber)) {
          throw new Error('Input phone number is not the same as the one saved for this user')
        }
        return await original.createCodePOST!(input)
      },
      async consumeCodePOST (input) {
        const session = await Session.getSession(input.options.req, input.options.res, { overrideGlobalClaimValidators: () => [] })
        Object.assign(input.userContext, { session })
        const answer = await original.consumeCodePOST!(input)
        if (answer.status === 'OK') {
          await answer.session.setClaimValue(claim, true)
          if (!byPhone) await UserMetadata.updateUserMetadata(session.getUserId(), { passwordlessUserId: answer.user.id })
        }
        return answer
      }
    })
  }
})

const sessions = Session.init({
  override: {
    functions: (original) => ({
      ...original,
      getGlobalClaimValidators: (input) => [...input.claimValidatorsAddedByOtherRecipes, claim.validators.hasValue(true)],
      async createNewSession (input) {
        const existing = (input.userContext as { session?: Session.SessionContainer }).session
        // The second factor opens no session of its own.
        if (existing !== undefined) return existing
        const phoneNumber = await numberOf(input.userId)
        return await original.createNewSession({
          ...input,
          accessTokenPayload: {
            ...input.accessTokenPayload,
            ...await claim.build(input.userId, input.recipeUserId, input.tenantId, undefined, input.userContext),
            phoneNumber
          }
        })
      }
    })
  }
})

const numberField = { id: 'email', validate: async (value: unknown) => /^\+\d{8,15}$/.test(String(value)) ? undefined : 'Phone number is invalid' }

const config: TypeInput = {
  framework: 'fastify',
  supertokens: { connectionURI },
  appInfo: { appName: 'Guide', apiDomain: 'http://127.0.0.1', websiteDomain: 'http://127.0.0.1', apiBasePath: '/auth', websiteBasePath: '/auth' },
  recipeList: [
    EmailPassword.init(byPhone ? { signUpFeature: { formFields: [numberField] } } : {}),
    ...(byPhone ? [] : [ThirdParty.init({ signInAndUpFeature: { providers } })]),
    passwordless,
    sessions,
    UserMetadata.init()
  ]
}
SuperTokens.init(config)

await serve()
