/** A JSON Schema, as OpenAPI 3.1 and JSON Schema's drafts have it in common. */
export type JsonSchema = Readonly<Record<string, unknown>>

type Properties = Readonly<Record<string, JsonSchema>>

export const text: JsonSchema = { type: 'string' }
export const flag: JsonSchema = { type: 'boolean' }
export const count: JsonSchema = { type: 'integer', minimum: 0 }
/** Milliseconds since 1970. */
export const time: JsonSchema = { type: 'integer', minimum: 0, description: 'Milliseconds since 1970' }
export const constant = (value: string): JsonSchema => ({ type: 'string', const: value })
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
export const mapOf = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values })

/** An object with these members and no others. */
export const exactly = (required: Properties, optional: Properties = {}): JsonSchema =>
  ({ type: 'object', properties: { ...required, ...optional }, required: Object.keys(required), additionalProperties: false })

/** An answer with this `status`, in the manner of the Frontend Driver Interface. */
export const answered = (status: string, required: Properties = {}, optional: Properties = {}): JsonSchema =>
  exactly({ status: constant(status), ...required }, optional)

export const ok = (required: Properties = {}, optional: Properties = {}): JsonSchema => answered('OK', required, optional)

/** A schema that the document has once, under this name. */
const titled = (title: string, schema: JsonSchema): JsonSchema => ({ title, ...schema })

export const oneOf = (...schemas: JsonSchema[]): JsonSchema => schemas.length === 1 ? schemas[0]! : { oneOf: schemas }

/** A refusal with a sentence for the person in front of the page, and a code for programs (`docs/errors.md`). */
export const generalError = titled('GeneralError', answered('GENERAL_ERROR', { message: text }, { code: text }))
/** The same where a page asks by itself: it shows `reason`. */
export const notAllowed = (status: string): JsonSchema => answered(status, { reason: text }, { message: text, code: text })
export const restart = titled('Restart', answered('RESTART_FLOW_ERROR'))
export const fieldError = titled('FieldError', answered('FIELD_ERROR', { formFields: listOf(exactly({ id: text, error: text })) }))
export const wrongPassword = titled('WrongPassword', answered('WRONG_CREDENTIALS_ERROR', {}, { message: text }))

/** A refusal by HTTP status. */
export const refusal = titled('Refusal', exactly({ message: text }, { code: text }))
/** Which claims the session lacks, as the SDK says it. */
export const claimRefusal = titled('ClaimRefusal', exactly({ message: text, claimValidationErrors: listOf(exactly({ id: text }, { reason: {} })) }))

const loginMethod = exactly(
  { recipeId: text, recipeUserId: text, tenantIds: listOf(text), timeJoined: time, verified: flag },
  { email: text, phoneNumber: text, thirdParty: exactly({ id: text, userId: text }), webauthn: exactly({ credentialIds: listOf(text) }) }
)

/** A user as the SDK writes it. */
const user = titled('User', exactly({
  id: text,
  isPrimaryUser: flag,
  tenantIds: listOf(text),
  timeJoined: time,
  emails: listOf(text),
  phoneNumbers: listOf(text),
  thirdParty: listOf(exactly({ id: text, userId: text })),
  webauthn: exactly({ credentialIds: listOf(text) }),
  loginMethods: listOf(loginMethod)
}))

/** The same for clients of the Frontend Driver Interface before 1.19. */
const olderUser = titled('OlderUser', exactly({ id: text, timeJoined: time }, { email: text, phoneNumber: text, thirdParty: exactly({ id: text, userId: text }) }))

/** What answers say of a user, and of whether they are new, by the version that the client names (`fdi-version`). */
export const withUser: readonly JsonSchema[] = [ok({ user }), ok({ user: olderUser })]
export const withNewUser = (optional: Properties = {}): readonly JsonSchema[] => [ok({ user, createdNewRecipeUser: flag }, optional), ok({ user: olderUser, createdNewUser: flag }, optional)]

/** Shown once, with the first factor that a person enrols. */
export const recoveryCodes: JsonSchema = { ...listOf(text), description: 'Shown now and never again. Present where this enrolled the first factor' }

/** What only a session can be refused. 403 by the claims: e-mail verification, or a second factor. */
export const sessionAnswers = { 401: refusal, 403: oneOf(claimRefusal, refusal) } as const
