/** Names under which the plugins know, and require, each other. */
export const CORE_CONNECTION = 'fastify-2fa/core-connection'
export const DELIVERY = 'fastify-2fa/delivery'
export const SUPERTOKENS = 'fastify-2fa/supertokens'
export const FIRST_FACTOR = 'fastify-2fa/first-factor'
export const SECOND_FACTOR = 'fastify-2fa/second-factor'
export const PHONE_PINNING = 'fastify-2fa/phone-pinning'
export const LIMITS = 'fastify-2fa/limits'
export const SESSION_GUARD = 'fastify-2fa/session-guard'
