/**
 * Verifies sessions of a service with fastify-2fa in another service, whatever framework it has. Loads neither
 * supertokens-node nor Fastify, and nothing of Node's own: it runs on edges too.
 */
export { createVerifier, type Admission, type Decision, type Verifier, type VerifyRequest } from './verifier.js'
export { VerifierOptionsInvalid, type VerifierOptions } from './options.js'
export { toResponse, type ClaimError, type Refusal } from './refusals.js'
export { sessionOf } from './held.js'
export type { DemandOptions } from '../session/demand-options.js'
export type { RequestHeaders, VerifierRequest } from './headers.js'
export type { Revocations, VerifiedSession } from './session.js'
