/** Public API of the library: the plugin, its parts, and their types. */
export { fastify2fa, fastify2fa as default } from './fastify-2fa.js'
export { service, type ServiceOptions } from './app.js'

export { default as audit, type AuditOptions } from '../plugins/audit.js'
export { default as coreConnection, type CoreConnectionOptions } from '../plugins/core-connection.js'
export { default as cors, REQUEST_HEADERS, type CorsOptions } from '../plugins/cors.js'
export { default as delivery, type DeliveryOptions } from '../plugins/delivery.js'
export { default as firstFactor, type FirstFactorOptions } from '../plugins/first-factor.js'
export { default as limits, type LimitsPluginOptions } from '../plugins/limits.js'
export { default as phonePinning, type PhonePinningOptions } from '../plugins/phone-pinning.js'
export { default as secondFactor, type SecondFactorOptions } from '../plugins/second-factor.js'
export { default as sessionGuard, type SessionGuardOptions } from '../plugins/session-guard.js'
export { default as supertokens, type SupertokensOptions } from '../plugins/supertokens.js'
export { default as authRoutes, type AuthRoutesOptions } from '../routes/auth/index.js'
export { default as healthRoutes } from '../routes/health.js'
export { default as sessionRoutes } from '../routes/session.js'

export { PhoneVerifiedClaim, SecondFactorClaim, secondFactorValidator } from './second-factor/claims.js'
export { unlockSecondFactor } from './second-factor/lock.js'
export type { FailureLimits, LimitsOptions, SendLimits, SignInLimits } from './limits/options.js'
export { AUDIT_CHANNEL, type AuditEvent, type AuditEventType } from './audit/audit.js'
export type { Challenge } from './second-factor/challenge.js'
export type {
  Addressing, Answered, Asked, Checked, Factor, FactorContext, FactorEndpoint, FactorState, FactorTypes, Made, SecondFactorLogin, Subject
} from './second-factor/factor.js'
export type { FactorCall, SecondFactorRequest } from './second-factor/requests.js'
export type { SmsText, SmsTextInput } from './second-factor/factors/sms/message.js'
export type { SessionGuard } from './session/guard.js'
export type { SessionCache } from './session/verified-sessions.js'
export type { RecipeOverride, RecipeRegistry } from './supertokens/recipe-registry.js'
export { maskPhoneNumber, toE164 } from './phone/number.js'
export { verifyWebhookSignature } from './delivery/sms/webhook.js'
export type { MailMessage, MailSender, OutboxEntry, Sender, SmsMessage, SmsSender } from './delivery/sender.js'
export type {
  AppInfoOptions, EmbeddedCoreConnectionOptions, Fastify2faOptions, MailOptions, RemoteCoreOptions, SmsOptions
} from './options/options.js'
export { importUsers, type Failure, type ImportOptions, type ImportProgress, type ImportResult } from './migrate/import-users.js'
export * as errors from './errors.js'
