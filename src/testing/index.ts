/**
 * Test kit for apps that use fastify-2fa: an in-memory Core, clients that keep sessions, users who
 * have signed in, a clock to move, and attacks on all of it.
 */
export { advance, resetClock } from './clock.js'
export { newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser, type TestUser } from './sign-in.js'
export { startTestCore, type TestCore } from './test-core.js'
export { currentTotp, enrolTotp } from './totp.js'
export { createTestSession, type TestSession, type TransferMethod } from './test-session.js'
export { attackSuite } from './attack-suite/index.js'
export type { Access, AttackAnswer, AttackReport, AttackResult, AttackSuiteOptions, Finding, RouteExpectation, Sample, TestFunction } from './attack-suite/types.js'
