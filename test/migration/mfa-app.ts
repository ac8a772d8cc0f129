import SuperTokens from 'supertokens-node'
import * as AccountLinking from 'supertokens-node/recipe/accountlinking'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as MultiFactorAuth from 'supertokens-node/recipe/multifactorauth'
import * as Passwordless from 'supertokens-node/recipe/passwordless'
import * as Session from 'supertokens-node/recipe/session'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import { serve } from './serve.js'

// An app with SuperTokens' own MFA recipe: a password first, then a code by SMS. A process of its own; codes go to whoever has
// started it.
const { connectionURI } = JSON.parse(process.argv[2]!) as { connectionURI: string }

SuperTokens.init({
  framework: 'fastify',
  supertokens: { connectionURI },
  appInfo: { appName: 'MFA', apiDomain: 'http://127.0.0.1', websiteDomain: 'http://127.0.0.1', apiBasePath: '/auth', websiteBasePath: '/auth' },
  recipeList: [
    EmailPassword.init(),
    Passwordless.init({
      flowType: 'USER_INPUT_CODE',
      contactMethod: 'PHONE',
      smsDelivery: { service: { async sendSms ({ phoneNumber, userInputCode }) { process.send!({ to: phoneNumber, code: userInputCode }) } } }
    }),
    AccountLinking.init({ shouldDoAutomaticAccountLinking: async () => ({ shouldAutomaticallyLink: true, shouldRequireVerification: false }) }),
    MultiFactorAuth.init({
      firstFactors: ['emailpassword'],
      override: { functions: (original) => ({ ...original, getMFARequirementsForAuth: async () => ['otp-phone'] }) }
    }),
    Session.init(),
    UserMetadata.init()
  ]
})

await serve()
