/** A JSON Schema (draft 7). */
export type JsonSchema = Record<string, unknown>

/**
 * Schema of a body of the Frontend Driver Interface. Bodies are checked before the SDK gets them: it passes wrong types
 * on to the Core, whose refusal would become a 500. Missing fields are left to the SDK, whose 400 stock frontends know.
 * Unknown fields are accepted.
 */
function object (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema {
  return { type: 'object', properties, required }
}

const text = (maxLength: number): JsonSchema => ({ type: 'string', maxLength })

const formFields = { type: 'array', maxItems: 32, items: object({ id: text(256) }, ['id']) }

export const formBody = object({ formFields })
export const passwordResetBody = object({ formFields, token: text(512), method: text(32) })
export const verifyEmailBody = object({ token: text(512), method: text(32) })
export const anyBody = object({})

export const signInUpBody = object({
  thirdPartyId: text(256),
  clientType: text(256),
  redirectURIInfo: object({
    redirectURIOnProviderDashboard: text(2048),
    redirectURIQueryParams: { type: 'object', additionalProperties: text(8192) },
    pkceCodeVerifier: text(256)
  }, ['redirectURIQueryParams']),
  // The provider's whole answer, including numbers such as `expires_in`. Only these texts are used.
  oAuthTokens: object({ access_token: text(8192), id_token: text(8192), user: text(8192) })
})
export const appleCallbackBody = object({ state: text(8192) }, ['state'])
