/** A JSON Schema (draft 7). */
export type JsonSchema = Record<string, unknown>

/**
 * Bodies of the Frontend Driver Interface, checked before the SDK sees them: it hands wrong types on to the Core, whose refusal would
 * become a 500. What is missing is left to the SDK, whose 400 stock frontends know. Fields we do not know pass.
 */
function object (properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema {
  return { type: 'object', properties, required }
}

const text = (maxLength: number): JsonSchema => ({ type: 'string', maxLength })

const formFields = { type: 'array', maxItems: 32, items: object({ id: text(64) }, ['id']) }

export const formBody = object({ formFields })
export const passwordResetBody = object({ formFields, token: text(512), method: text(32) })
export const verifyEmailBody = object({ token: text(512), method: text(32) })
export const anyBody = object({})

export const signInUpBody = object({
  thirdPartyId: text(64),
  clientType: text(64),
  redirectURIInfo: object({
    redirectURIOnProviderDashboard: text(2048),
    redirectURIQueryParams: { type: 'object', additionalProperties: text(8192) },
    pkceCodeVerifier: text(256)
  }, ['redirectURIQueryParams']),
  // A provider's whole answer, `expires_in` and all; what is used of it is text.
  oAuthTokens: object({ access_token: text(8192), id_token: text(8192), user: text(8192) })
})
export const appleCallbackBody = object({ state: text(8192) }, ['state'])
