import { hash } from '@node-rs/argon2'
import Fastify from 'fastify'
import { service } from '../../src/app.js'
import { newPhoneNumber, passSecondFactor, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/sign-in.js'
import { call, KEY } from './helper.js'

export interface Person { email: string, password: string, phoneNumber: string, userId: string }
export type People = Record<'alice' | 'bob' | 'carol' | 'dave' | 'erin' | 'frank', Person>

// Run as a process of its own, since the SDK is one per process: a service on a file of its own, with users of every kind.
const app = Fastify()
await app.register(service, {
  core: { embedded: { file: process.argv[2] as string, port: 0, apiKey: KEY, config: { bcrypt_log_rounds: 4 } } },
  sms: { provider: 'log' },
  mail: { provider: 'log' },
  limits: { sends: false, signIn: false, signUps: false },
  maxEventLoopDelay: 0
})
await app.ready()
const { connectionURI: core } = app.twoFactor.core
const post = <Body>(path: string, body: object): Promise<Body> => call(core, 'POST', path, body)
const put = <Body>(path: string, body: object): Promise<Body> => call(core, 'PUT', path, body)
const password = 'correct horse 1'
const person = ({ email, password, phoneNumber, userId }: SignedInUser): Person => ({ email, password, phoneNumber, userId })

// Two people with one phone; a third has not chosen one yet; a fourth has guessed too often.
const alice = person(await signInWithSecondFactor(app))
const bob = person(await signInWithSecondFactor(app, { phoneNumber: alice.phoneNumber }))
const carol = person(await signUp(app))
const dave = person(await signInWithSecondFactor(app))
await put('/recipe/user/metadata', { userId: dave.userId, metadataUpdate: { 'fastify-2fa:failures': { count: 30, lockedAt: new Date().toISOString() } } })

// An id and a password that came from another system.
const erin: Person = { email: 'erin@example.com', password, phoneNumber: newPhoneNumber(), userId: 'erin-of-old' }
const { user: { id: erinId } } = await post<{ user: { id: string } }>('/recipe/user/passwordhash/import', { email: erin.email, passwordHash: await hash(password, { memoryCost: 64, timeCost: 1 }) })
await post('/recipe/userid/map', { superTokensUserId: erinId, externalUserId: erin.userId, externalUserIdInfo: 'from the old system' })
await passSecondFactor(app, await signIn(app, erin))

// A phone whose user got an id of its own after it was pinned, by a release that wrote nothing down at that user.
const frank = person(await signInWithSecondFactor(app))
const { users: [phone] } = await call<{ users: Array<{ id: string }> }>(core, 'GET', `/users/by-accountinfo?phoneNumber=${encodeURIComponent(frank.phoneNumber)}&doUnionOfAccountInfo=true`)
await post('/recipe/user/metadata/remove', { userId: phone?.id ?? '' })
await post('/recipe/userid/map', { superTokensUserId: phone?.id ?? '', externalUserId: 'phone-of-frank' })

// Roles, tenants, verification, authenticators, linked and social logins, texts that break lines elsewhere.
await put('/recipe/role', { role: 'admin', permissions: ['read', 'write'] })
await put('/recipe/role', { role: 'nobody-has-it' })
await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1', firstFactors: ['emailpassword'], coreConfig: { passwordless_code_lifetime: 100000 } })
await put('/recipe/multitenancy/tenant/v2', { tenantId: 't2', firstFactors: null, requiredSecondaryFactors: ['otp-phone'] })
await put('/recipe/multitenancy/tenant/v2', { tenantId: 'public', requiredSecondaryFactors: ['otp-phone'] })
const config = { thirdPartyId: 'google', clients: [{ clientId: 'c', clientSecret: 'hush' }] }
await put('/t1/recipe/multitenancy/config/thirdparty', { config, skipValidation: true })
await put('/recipe/user/role', { userId: alice.userId, role: 'admin' })
await put('/recipe/user/metadata', { userId: alice.userId, metadataUpdate: { note: 'a\u2028b "c"', nested: { empty: null } } })
const { token } = await post<{ token: string }>('/recipe/user/email/verify/token', { userId: alice.userId, email: alice.email })
await post('/recipe/user/email/verify', { method: 'token', token })
await post('/recipe/totp/device/import', { userId: alice.userId, deviceName: 'phone', skew: 1, period: 30, secretKey: 'JBSWY3DPEHPK3PXP' })
await post('/recipe/totp/device', { userId: alice.userId, deviceName: 'begun', skew: 1, period: 30 })

type SignedIn = { user: { id: string } }
const { user: { id: password1 } } = await post<SignedIn>('/recipe/signup', { email: 'linked@example.com', password })
const { user: { id: google } } = await post<SignedIn>('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'g-1', email: { id: 'linked@example.com', isVerified: true } })
await post('/recipe/accountlinking/user/primary', { recipeUserId: google })
await post('/recipe/accountlinking/user/link', { recipeUserId: password1, primaryUserId: google })
const { user: { id: inT1 } } = await post<SignedIn>('/t1/recipe/signup', { email: 't1@example.com', password })
await put('/t1/recipe/user/role', { userId: inT1, role: 'admin' })
await put('/t2/recipe/user/role', { userId: inT1, role: 'admin' })
const { user: { id: homeless } } = await post<SignedIn>('/t2/recipe/signup', { email: 't2@example.com', password })
await post('/t2/recipe/multitenancy/tenant/user/remove', { recipeUserId: homeless })
await put('/recipe/user/metadata', { userId: 'nobody', metadataUpdate: { a: 1 } })
await put('/recipe/user/metadata', { userId: inT1, metadataUpdate: { passwordlessUserId: 'nobody' } })

const people: People = { alice, bob, carol, dave, erin, frank }
process.send?.({ people, core })
// Until it is told to stop it owns the file.
process.once('message', () => { app.close().then(() => process.disconnect(), () => process.exit(1)) })
