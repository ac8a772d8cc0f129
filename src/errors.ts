import createError from '@fastify/error'

/**
 * Every error of ours, with its code and status. The table in `docs/errors.md` lists the same codes; a test compares both.
 *
 * 401 says that there is no usable session, 403 that the session may not do this, 4xx else that the request is wrong;
 * errors without a request behind them (options, start-up) have status 500 and stop the boot.
 */

// Start-up: options and order.
export const OptionsInvalid = createError('AUTH_OPTIONS_INVALID', 'Invalid options for fastify-2fa: %s', 500)
export const ConfigInvalid = createError('AUTH_CONFIG_INVALID', 'Invalid configuration:\n%s', 500)
export const SdkAlreadyInitialised = createError('AUTH_SDK_ALREADY_INITIALISED', 'supertokens-node is one per process and is already initialised with other options: %s', 500)
export const PinningMissing = createError('AUTH_PINNING_MISSING', 'The second-factor plugin is registered without the phone-pinning plugin: anyone with a password could have the code sent to a phone of their own', 500)
export const RegistryClosed = createError('AUTH_REGISTRY_CLOSED', 'Recipe "%s" was added after the app was ready; add recipes and overrides while plugins are registered', 500)
export const SessionDecorated = createError('AUTH_SESSION_DECORATED', 'request.session is taken by another plugin of this app; register fastify-2fa in a scope of its own', 500)

// Moving users to another Core: the messages are for whoever runs the command.
export const ImportFileInvalid = createError('AUTH_IMPORT_FILE_INVALID', 'The file cannot be imported: %s', 500)
export const ImportStateInvalid = createError('AUTH_IMPORT_STATE_INVALID', 'The import cannot be resumed: %s', 500)
export const ImportRefused = createError('AUTH_IMPORT_REFUSED', 'The Core does not take the import: %s', 500)
export const ImportUnreachable = createError('AUTH_IMPORT_UNREACHABLE', 'The Core does not answer: %s', 500)
export const ImportStalled = createError('AUTH_IMPORT_STALLED', '%s', 500)

// Requests.
export const BodyInvalid = createError('AUTH_BODY_INVALID', '%s', 400)
export const CookiesAmbiguous = createError('AUTH_COOKIES_AMBIGUOUS', 'The request carries several session cookies of one name; clear them and sign in again', 400)
export const LinkCodeRefused = createError('AUTH_LINK_CODE_REFUSED', 'Links are not accepted as a second factor', 400)
export const ProviderRefused = createError('AUTH_PROVIDER_REFUSED', 'The sign-in provider did not accept this sign-in', 400)
export const ProviderUnavailable = createError('AUTH_PROVIDER_UNAVAILABLE', 'The sign-in provider does not answer, try again later', 503)
export const PhoneMismatch = createError('AUTH_PHONE_MISMATCH', 'The second factor of this account belongs to another phone number', 403)
export const PhoneBroken = createError('AUTH_PHONE_BROKEN', 'The second factor of this account cannot be used; contact the operator', 403)
export const FactorBroken = createError('AUTH_FACTOR_BROKEN', 'The second factor of this account cannot be used; contact the operator', 403)
export const EnrolmentRefused = createError('AUTH_ENROLMENT_REFUSED', 'This account has a second factor already; pass it first to add another one', 403)
export const FirstFactorOnly = createError('AUTH_FIRST_FACTOR_REQUIRED', 'A code alone does not sign in', 403)
export const LimitReached = createError('AUTH_LIMIT_REACHED', '%s', 429)
export const NotFound = createError('AUTH_NOT_FOUND', 'Not found', 404)
export const TenantUnknown = createError('AUTH_TENANT_UNKNOWN', 'There is no such tenant', 404)
export const Internal = createError('AUTH_INTERNAL', 'Something went wrong', 500)
export const CoreUnavailable = createError('AUTH_CORE_UNAVAILABLE', 'The authentication service is not available, try again later', 503)
export const Overloaded = createError('AUTH_OVERLOADED', 'Too much to do at the moment, try again in a moment', 503)
export const LimitsUnavailable = createError('AUTH_LIMITS_UNAVAILABLE', 'Not available at the moment, try again in a moment', 503)

// Delivery: never carries the message, the code or the whole number.
export const DeliveryFailed = createError('AUTH_DELIVERY_FAILED', 'The %s could not be sent by %s: %s', 502)
