import { createError } from '@fastify/error'

/**
 * All errors of this project, with code and status. `docs/errors.md` lists the same codes; a test compares the two.
 *
 * 401 means that there is no usable session, 403 that the session is not allowed to do this, any other 4xx that the
 * request is wrong. Errors outside a request (options, start-up) have status 500 and stop the boot.
 */

// Start-up: options and plugin order.
export const OptionsInvalid = createError('AUTH_OPTIONS_INVALID', 'Invalid options for fastify-2fa: %s', 500)
export const ConfigInvalid = createError('AUTH_CONFIG_INVALID', 'Invalid configuration:\n%s', 500)
export const DirectoryUnusable = createError('AUTH_DIRECTORY_UNUSABLE', 'The directory %s cannot be used for data: %s. Change who owns it (chown), or name a file elsewhere (EMBEDDED_CORE_FILE).', 500)
export const SdkAlreadyInitialised = createError('AUTH_SDK_ALREADY_INITIALISED', 'supertokens-node can be initialised only once per process and already has other options: %s', 500)
export const SdkDuplicated = createError('AUTH_SDK_DUPLICATED', 'Another copy of supertokens-node is loaded: %s. It would not know of the sessions and rules of this app. Install one version only, or import what you need of it from fastify-2fa/supertokens.', 500)
export const PackageMissing = createError('AUTH_PACKAGE_MISSING', '%s needs a package that is not installed. Install it: npm install %s', 500)
export const PinningMissing = createError('AUTH_PINNING_MISSING', 'The second-factor plugin is registered without the phone-pinning plugin. Anyone with a password could have the code sent to their own phone. Register phone-pinning after second-factor.', 500)
export const RegistryClosed = createError('AUTH_REGISTRY_CLOSED', 'Recipe "%s" was added or overridden after the app was ready. Add recipes and overrides while plugins are being registered.', 500)
export const SessionDecorated = createError('AUTH_SESSION_DECORATED', 'Another plugin of this app already uses request.%s. Give the sessions of fastify-2fa another name with the option sessionProperty, and read them with sessionOf(request).', 500)
export const RegisteredTwice = createError('AUTH_REGISTERED_TWICE', 'app.twoFactor has "%s" already: a plugin of fastify-2fa is registered twice. Register each once.', 500)
export const AuditSinkUnusable = createError('AUTH_AUDIT_SINK_UNUSABLE', 'The audit sink "%s" cannot be used: %s', 500)
export const RouteUnguarded = createError('AUTH_ROUTE_UNGUARDED', 'This app has routes that would be open to anyone:\n%s', 500)

// Moving users to another Core. The messages are for the person at the terminal.
export const ImportFileInvalid = createError('AUTH_IMPORT_FILE_INVALID', 'The file cannot be imported: %s', 500)
export const ImportStateInvalid = createError('AUTH_IMPORT_STATE_INVALID', 'The import cannot be resumed: %s', 500)
export const ImportRefused = createError('AUTH_IMPORT_REFUSED', 'The Core does not take the import: %s', 500)
export const ImportUnreachable = createError('AUTH_IMPORT_UNREACHABLE', 'The Core does not answer: %s', 500)
export const ImportStalled = createError('AUTH_IMPORT_STALLED', '%s', 500)

// Requests.
export const BodyInvalid = createError('AUTH_BODY_INVALID', '%s', 400)
export const PasswordInvalid = createError('AUTH_PASSWORD_INVALID', '%s', 400)
export const NoPassword = createError('AUTH_NO_PASSWORD', 'This account has no password. It signs in another way.', 409)
export const EmailTaken = createError('AUTH_EMAIL_TAKEN', 'Another account has this address. Please sign in with it, or choose another address.', 409)
export const FreshFactorNeeded = createError('AUTH_FRESH_FACTOR_NEEDED', 'For this, please pass your second factor once more, the strongest that you have.', 403)
// A guard's refusals, where the host's error handler answers them (`guardRefusals`).
export const Unauthorised = createError('AUTH_UNAUTHORISED', 'unauthorised', 401)
export const RefreshNeeded = createError('AUTH_REFRESH_NEEDED', 'try refresh token', 401)
export const ClaimsInvalid = createError('AUTH_CLAIMS_INVALID', 'invalid claim', 403)
export const LinkCodeRefused = createError('AUTH_LINK_CODE_REFUSED', 'Links are not accepted as a second factor. Please enter the code instead.', 400)
export const ProviderRefused = createError('AUTH_PROVIDER_REFUSED', 'The sign-in provider did not accept this sign-in. Please try again.', 400)
export const ProviderUnavailable = createError('AUTH_PROVIDER_UNAVAILABLE', 'The sign-in provider is not responding. Please try again later.', 503)
export const PhoneMismatch = createError('AUTH_PHONE_MISMATCH', 'The second factor of this account is another phone number. Please use that number.', 403)
export const EmailMismatch = createError('AUTH_EMAIL_MISMATCH', 'Codes for this account go to another e-mail address. Please use that one.', 403)
/** A form that another website may have sent. */
export const FormForeign = createError('AUTH_FORM_FOREIGN', 'This form did not come from this page. Please go back, and try again.', 403)
export const LinkElsewhere = createError('AUTH_LINK_ELSEWHERE', '%s', 403)
export const PhoneBroken = createError('AUTH_PHONE_BROKEN', 'The second factor of this account cannot be used. Please contact support.', 403)
export const FactorBroken = createError('AUTH_FACTOR_BROKEN', 'The second factor of this account cannot be used. Please contact support.', 403)
export const EnrolmentRefused = createError('AUTH_ENROLMENT_REFUSED', 'This account already has a second factor. Please pass it first, then add another one.', 403)
export const ChangeUnderWay = createError('AUTH_CHANGE_UNDER_WAY', 'This is not available at the moment. Please try again soon.', 409)
export const LastFactor = createError('AUTH_LAST_FACTOR', 'This is the only second factor of your account. Please add another one first, then remove it.', 409)
export const WeakerFactor = createError('AUTH_WEAKER_FACTOR', 'What would be left is weaker than this second factor. Please add another one first, then remove it.', 409)
export const ContestsFull = createError('AUTH_CONTESTS_FULL', 'This was changed too often in the last days. Please wait some days, then try again.', 409)
export const ContestLinkInvalid = createError('AUTH_CONTEST_LINK_INVALID', 'This link does not work. It may be too old or incomplete, or an earlier link has undone more than it would. Please copy the whole link from the newest message.', 404)
export const FactorNotEnrolled = createError('AUTH_FACTOR_NOT_ENROLLED', 'This second factor is not set up for your account. Please choose another one, or set it up.', 409)
export const PasskeyRefused = createError('AUTH_PASSKEY_REFUSED', 'This passkey could not be set up. Please try again, perhaps on another device.', 400)
export const TooManyPasskeys = createError('AUTH_TOO_MANY_PASSKEYS', 'This account has as many passkeys as it can have. Please remove one first.', 409)
export const EnrolmentsFull = createError('AUTH_ENROLMENTS_FULL', 'You cannot add more of these. Please remove one first.', 409)
export const DeviceExists = createError('AUTH_DEVICE_EXISTS', 'There is a device of this name already.', 409)
export const PasswordChangeRequired = createError('AUTH_PASSWORD_CHANGE_REQUIRED', 'Please choose a new password before you sign in: ask for a link where you sign in, or contact support.', 403)
export const RecoveryNotNeeded = createError('AUTH_RECOVERY_NOT_NEEDED', 'There is nothing to recover: you have passed your second factor, or have set up none yet.', 409)
export const RecoveryUnavailable = createError('AUTH_RECOVERY_UNAVAILABLE', 'This account cannot be recovered by mail. Please contact support.', 409)
export const RecoveryWaiting = createError('AUTH_RECOVERY_WAITING', 'The waiting time of this recovery is not over yet. Please come back then.', 409)
export const RecoveryNotStarted = createError('AUTH_RECOVERY_NOT_STARTED', 'No recovery of this account is under way.', 409)
export const RecoverySignInAgain = createError('AUTH_RECOVERY_SIGN_IN_AGAIN', 'The waiting time is over. Please sign in again, then finish the recovery.', 403)
export const RecoveryFull = createError('AUTH_RECOVERY_FULL', 'This is not available at the moment. Please contact support.', 503)
export const FirstFactorOnly = createError('AUTH_FIRST_FACTOR_REQUIRED', 'A code alone does not sign you in. Please sign in first, then enter the code.', 403)
export const NumberTaken = createError('AUTH_NUMBER_TAKEN', 'Another account has confirmed this number. Please sign in with the number.', 409)
export const CredentialsChanged = createError('AUTH_CREDENTIALS_CHANGED', 'The password or the login of this account was changed while you were signing in. Please sign in again.', 401)
export const SessionsEnded = createError('AUTH_SESSIONS_ENDED', 'All sessions of this account ended while you were signing in. Please sign in again.', 401)
export const SessionReplaced = createError('AUTH_SESSION_REPLACED', 'You have just signed in. Please reload this page.', 409)
export const BrowserUnknown = createError('AUTH_BROWSER_UNKNOWN', 'This browser is not known any more. Please pass the second factor.', 409)
export const InputTooLong = createError('AUTH_INPUT_TOO_LONG', '%s is too long. Please use at most %s characters.', 400)
export const LimitReached = createError('AUTH_LIMIT_REACHED', '%s', 429)
// Services that ask about sessions.
export const MetricsKeyRefused = createError('AUTH_METRICS_KEY_REFUSED', 'This needs the key of the metrics (METRICS_KEY).', 401)
export const ClientRefused = createError('AUTH_CLIENT_REFUSED', 'This needs the key of a service client.', 401)
export const ReadersFull = createError('AUTH_READERS_FULL', 'Too many services read events here. Please try again later.', 503)
// The admin API. The messages are for programmers and operators.
export const AdminKeyRefused = createError('AUTH_ADMIN_KEY_REFUSED', 'This needs a key of the admin API.', 401)
export const AdminRoleTooLow = createError('AUTH_ADMIN_ROLE_TOO_LOW', 'The role %s may not %s.', 403)
export const AdminOwnAccount = createError('AUTH_ADMIN_OWN_ACCOUNT', 'Nobody administers their own account. Ask somebody else.', 403)
export const AdminLastFactor = createError('AUTH_ADMIN_LAST_FACTOR', 'The account would have no second factor. Start its recovery, or ask somebody who may remove the last one.', 409)
export const AdminFromBrowser = createError('AUTH_ADMIN_FROM_BROWSER', 'The admin API is for programs. No page of a browser may call it.', 403)
export const AuditNotKept = createError('AUTH_AUDIT_NOT_KEPT', 'There is no audit file that could be read. Set AUDIT_SINKS=file and AUDIT_FILE (audit.file).', 409)
export const IdempotencyKeyInvalid = createError('AUTH_IDEMPOTENCY_KEY_INVALID', 'Idempotency-Key must be 1 to 255 visible ASCII characters, sent once.', 400)
export const IdempotencyKeyReused = createError('AUTH_IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was sent with another request. Choose a new one for each change.', 422)
export const IdempotencyUnderWay = createError('AUTH_IDEMPOTENCY_UNDER_WAY', 'The request with this Idempotency-Key is still under way.', 409)
export const OriginRefused = createError('AUTH_ORIGIN_REFUSED', 'A page of this origin may not open a WebSocket with a cookie session. If it is one of your websites, add it to appInfo.websiteDomains (WEBSITE_DOMAIN).', 403)
// Of forward-auth: what the proxy gets.
export const ProxyRefused = createError('AUTH_PROXY_REFUSED', 'Only the proxy may ask this.', 403)
export const ForwardedOriginRefused = createError('AUTH_FORWARDED_ORIGIN_REFUSED', 'This address is none of the services that this is for.', 403)
export const ForwardedInvalid = createError('AUTH_FORWARDED_INVALID', 'The proxy is not set up correctly: %s', 500)
export const DevHostRefused = createError('AUTH_DEV_HOST_REFUSED', 'This route is for development and answers only to localhost. Open it as http://localhost, on the machine that runs the service.', 403)
export const NotFound = createError('AUTH_NOT_FOUND', 'Not found', 404)
export const FeatureOff = createError('AUTH_FEATURE_OFF', 'This is switched off here.', 404)
export const TenantUnknown = createError('AUTH_TENANT_UNKNOWN', 'There is no such tenant', 404)
export const GuardNotLoaded = createError('AUTH_GUARD_NOT_LOADED', 'The guard of this route is not loaded: fastify-2fa is not registered in its scope.', 500)
export const GuardMisused = createError('AUTH_GUARD_MISUSED', 'The guard of this route is misused: %s', 500)
export const Internal = createError('AUTH_INTERNAL', 'Something went wrong on our side. Please try again later.', 500)
export const CoreUnavailable = createError('AUTH_CORE_UNAVAILABLE', 'The authentication service is not available at the moment. Please try again later.', 503)
export const Overloaded = createError('AUTH_OVERLOADED', 'The service is very busy. Please try again in a moment.', 503)
export const AuditUnavailable = createError('AUTH_AUDIT_UNAVAILABLE', 'This is not available at the moment. Please try again soon.', 503)
export const LimitsUnavailable = createError('AUTH_LIMITS_UNAVAILABLE', 'This is not available at the moment. Please try again soon.', 503)

// What operators ask for. The messages are for them.
export const UserUnknown = createError('AUTH_USER_UNKNOWN', 'There is no such user.', 404)
export const OperationRefused = createError('AUTH_OPERATION_REFUSED', '%s', 409)

// Delivery. Never include the message, the code or the whole number.
export const DeliveryFailed = createError('AUTH_DELIVERY_FAILED', 'The %s could not be sent by %s: %s', 502)
