import { Type } from 'typebox'

/**
 * Bodies of the Frontend Driver Interface, checked before the SDK sees them: it hands wrong types on to the Core, whose refusal would
 * become a 500. What is missing is left to the SDK, whose 400 stock frontends know. Fields we do not know pass.
 */
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }))

const formFields = Type.Optional(Type.Array(
  Type.Object({ id: Type.String({ maxLength: 64 }), value: Type.Optional(Type.Unknown()) }),
  { maxItems: 32 }
))

export const formBody = Type.Object({ formFields })
export const passwordResetBody = Type.Object({ formFields, token: text(512), method: text(32) })
export const verifyEmailBody = Type.Object({ token: text(512), method: text(32) })
export const anyBody = Type.Object({})

export const createCodeBody = Type.Object({ phoneNumber: text(64), email: text(320) })
export const resendCodeBody = Type.Object({ deviceId: text(128), preAuthSessionId: text(128) })
export const consumeCodeBody = Type.Object({
  deviceId: text(128),
  preAuthSessionId: text(128),
  userInputCode: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  linkCode: text(128)
})

const textMap = Type.Record(Type.String(), Type.String({ maxLength: 8192 }))
export const signInUpBody = Type.Object({
  thirdPartyId: text(64),
  clientType: text(64),
  redirectURIInfo: Type.Optional(Type.Object({
    redirectURIOnProviderDashboard: text(2048),
    redirectURIQueryParams: textMap,
    pkceCodeVerifier: text(256)
  })),
  // A provider's whole answer, `expires_in` and all; what is used of it is text.
  oAuthTokens: Type.Optional(Type.Object({ access_token: text(8192), id_token: text(8192), user: text(8192) }))
})
export const appleCallbackBody = Type.Object({ state: Type.String({ maxLength: 8192 }) })
