import Fastify from 'fastify'
import supertokens from 'supertokens-node'
import { errorHandler, plugin } from 'supertokens-node/framework/fastify'
import EmailPassword from 'supertokens-node/recipe/emailpassword'
import Passwordless from 'supertokens-node/recipe/passwordless'
import Session from 'supertokens-node/recipe/session'
import { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import UserMetadata from 'supertokens-node/recipe/usermetadata'

const SecondFactorClaim = new BooleanClaim({ key: '2fa-completed', fetchValue: () => false })
const openSession = (input) => Session.getSession(input.options.req, input.options.res, { overrideGlobalClaimValidators: () => [] })

/** The legacy guides as written: their overrides, with the last step's form of each, on supertokens-node 24 and Fastify. */
export async function start ({ connectionURI }, tell) {
  supertokens.init({
    framework: 'fastify',
    supertokens: { connectionURI },
    appInfo: { appName: 'bench', apiDomain: 'http://localhost:3000', websiteDomain: 'http://localhost:3001', apiBasePath: '/auth', websiteBasePath: '/auth' },
    telemetry: false,
    recipeList: [
      EmailPassword.init(),
      UserMetadata.init(),
      Passwordless.init({
        flowType: 'USER_INPUT_CODE',
        contactMethod: 'PHONE',
        smsDelivery: { service: { sendSms: async ({ userInputCode }) => { tell(userInputCode) } } },
        override: {
          apis: (original) => ({
            ...original,
            async createCodePOST (input) {
              const { phoneNumber } = (await openSession(input)).getAccessTokenPayload()
              if (phoneNumber !== undefined && input.phoneNumber !== phoneNumber) throw new Error('Input phone number is not the same as the one saved for this user')
              return await original.createCodePOST(input)
            },
            async consumeCodePOST (input) {
              const session = await openSession(input)
              input.userContext.session = session
              const response = await original.consumeCodePOST(input)
              if (response.status === 'OK') {
                await response.session.setClaimValue(SecondFactorClaim, true)
                await UserMetadata.updateUserMetadata(session.getUserId(), { passwordlessUserId: response.user.id })
              }
              return response
            }
          })
        }
      }),
      Session.init({
        override: {
          functions: (original) => ({
            ...original,
            async createNewSession (input) {
              if (input.userContext.session !== undefined) return input.userContext.session
              const { metadata } = await UserMetadata.getUserMetadata(input.userId)
              const phone = metadata.passwordlessUserId === undefined ? undefined : await supertokens.getUser(metadata.passwordlessUserId, input.userContext)
              return await original.createNewSession({
                ...input,
                accessTokenPayload: {
                  ...input.accessTokenPayload,
                  ...await SecondFactorClaim.build(input.userId, input.recipeUserId, input.tenantId, undefined, input.userContext),
                  phoneNumber: phone?.phoneNumbers[0]
                }
              })
            },
            getGlobalClaimValidators: (input) => [...input.claimValidatorsAddedByOtherRecipes, SecondFactorClaim.validators.hasValue(true)]
          })
        }
      })
    ]
  })
  const app = Fastify()
  await app.register(plugin)
  app.setErrorHandler(errorHandler())
  return { app }
}
