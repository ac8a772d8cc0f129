import supertokens from 'supertokens-node'
import AccountLinking from 'supertokens-node/recipe/accountlinking'
import EmailPassword from 'supertokens-node/recipe/emailpassword'
import EmailVerification from 'supertokens-node/recipe/emailverification'
import JWT from 'supertokens-node/recipe/jwt'
import MultiFactorAuth from 'supertokens-node/recipe/multifactorauth'
import Multitenancy from 'supertokens-node/recipe/multitenancy'
import Passwordless from 'supertokens-node/recipe/passwordless'
import Session from 'supertokens-node/recipe/session'
import ThirdParty from 'supertokens-node/recipe/thirdparty'
import Totp from 'supertokens-node/recipe/totp'
import UserMetadata from 'supertokens-node/recipe/usermetadata'
import UserRoles from 'supertokens-node/recipe/userroles'
import t from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { codeAt } from '../../src/embedded-core/totp/codes.js'

const core = await createEmbeddedCore({ config: { bcrypt_log_rounds: 4 } })
t.teardown(() => core.close())

supertokens.init({
  framework: 'custom',
  supertokens: { connectionURI: core.connectionURI, apiKey: core.apiKey as string },
  appInfo: { appName: 'test', apiDomain: 'http://localhost:3001', websiteDomain: 'http://localhost:3000' },
  telemetry: false,
  recipeList: [
    AccountLinking.init(), EmailPassword.init(), EmailVerification.init({ mode: 'OPTIONAL' }), JWT.init(), MultiFactorAuth.init(), Multitenancy.init(),
    Passwordless.init({ flowType: 'USER_INPUT_CODE_AND_MAGIC_LINK', contactMethod: 'EMAIL_OR_PHONE' }), Session.init(), ThirdParty.init(),
    Totp.init(), UserMetadata.init(), UserRoles.init()
  ]
})

/** The answer, once it is known to be the good one. */
function ok <T extends { status: string }> (answer: T): Extract<T, { status: 'OK' }> {
  t.equal(answer.status, 'OK')
  return answer as Extract<T, { status: 'OK' }>
}

const errorType = (attempt: Promise<unknown>) => attempt.then(() => 'none', (error: { type: string }) => error.type)

t.test('passwords: sign up, sign in, reset, change', async (t) => {
  const { user, recipeUserId } = ok(await EmailPassword.signUp('public', 'Ann@Example.com', 'password1'))
  t.strictSame(user.emails, ['ann@example.com'])
  t.equal((await EmailPassword.signUp('public', 'ann@example.com', 'password1')).status, 'EMAIL_ALREADY_EXISTS_ERROR')
  t.equal((await EmailPassword.signIn('public', 'ann@example.com', 'wrong')).status, 'WRONG_CREDENTIALS_ERROR')
  const { token } = ok(await EmailPassword.createResetPasswordToken('public', user.id, 'ann@example.com'))
  ok(await EmailPassword.resetPasswordUsingToken('public', token, 'password2'))
  ok(await EmailPassword.updateEmailOrPassword({ recipeUserId, email: 'anna@example.com' }))
  t.equal(ok(await EmailPassword.signIn('public', 'anna@example.com', 'password2')).user.id, user.id)
  t.equal((await supertokens.getUser(user.id))?.id, user.id)
  t.equal((await supertokens.listUsersByAccountInfo('public', { email: 'anna@example.com' }))[0]?.id, user.id)

  const verification = ok(await EmailVerification.createEmailVerificationToken('public', recipeUserId, 'anna@example.com'))
  ok(await EmailVerification.verifyEmailUsingToken('public', verification.token, false))
  t.ok(await EmailVerification.isEmailVerified(recipeUserId, 'anna@example.com'))
})

t.test('codes: wrong ones count, the right one signs up, then in', async (t) => {
  const phoneNumber = '+1 415 555 0123'
  const signIn = async () => {
    const code = ok(await Passwordless.createCode({ tenantId: 'public', phoneNumber }))
    const attempt = (userInputCode: string) => Passwordless.consumeCode({ tenantId: 'public', preAuthSessionId: code.preAuthSessionId, deviceId: code.deviceId, userInputCode })
    t.match(await attempt('wrong'), { status: 'INCORRECT_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: 1, maximumCodeInputAttempts: 5 })
    t.equal((await Passwordless.listCodesByPhoneNumber({ tenantId: 'public', phoneNumber }))[0]?.failedCodeInputAttemptCount, 1)
    return ok(await attempt(code.userInputCode))
  }
  const first = await signIn()
  t.ok(first.createdNewRecipeUser)
  t.strictSame(first.user.phoneNumbers, ['+14155550123'])
  const second = await signIn()
  t.notOk(second.createdNewRecipeUser)
  t.equal(second.user.id, first.user.id)
})

t.test('sessions: verified with and without the database, refreshed, updated, revoked', async (t) => {
  const { user, recipeUserId } = ok(await EmailPassword.signUp('public', 'sess@example.com', 'password1'))
  const session = await Session.createNewSessionWithoutRequestResponse('public', recipeUserId, { role: 'a' }, { in: 'database' })
  await session.mergeIntoAccessTokenPayload({ more: 1 })
  t.strictSame(await session.getSessionDataFromDatabase(), { in: 'database' })
  const tokens = session.getAllSessionTokensDangerously()
  const verified = await Session.getSessionWithoutRequestResponse(tokens.accessToken, undefined, { checkDatabase: true })
  t.match(verified.getAccessTokenPayload(), { role: 'a', more: 1 })

  const refreshed = await Session.refreshSessionWithoutRequestResponse(tokens.refreshToken as string)
  const fresh = refreshed.getAllSessionTokensDangerously()
  await Session.getSessionWithoutRequestResponse(fresh.accessToken)
  t.equal(await errorType(Session.refreshSessionWithoutRequestResponse(tokens.refreshToken as string)), 'TOKEN_THEFT_DETECTED')
  t.equal(await Session.revokeSession(session.getHandle()), true)
  t.equal(await errorType(Session.getSessionWithoutRequestResponse(fresh.accessToken, undefined, { checkDatabase: true })), 'UNAUTHORISED')

  const other = await Session.createNewSessionWithoutRequestResponse('public', recipeUserId)
  t.strictSame(await Session.getAllSessionHandlesForUser(user.id), [other.getHandle()])
  await supertokens.deleteUser(user.id)
  t.equal(await Session.getSessionInformation(other.getHandle()), undefined)
})

t.test('metadata, roles, providers, keys', async (t) => {
  const { user } = ok(await ThirdParty.manuallyCreateOrUpdateUser('public', 'github', 'gh-1', 'gh@example.com', true))
  t.match(user.loginMethods[0], { verified: true, thirdParty: { id: 'github', userId: 'gh-1' } })
  t.strictSame((await UserMetadata.updateUserMetadata(user.id, { a: { b: null }, c: 1 })).metadata, { a: { b: null }, c: 1 })
  t.strictSame((await UserMetadata.updateUserMetadata(user.id, { c: null })).metadata, { a: { b: null } })
  await UserRoles.createNewRoleOrAddPermissions('admin', ['read', 'write'])
  ok(await UserRoles.addRoleToUser('public', user.id, 'admin'))
  t.strictSame((await UserRoles.getRolesForUser('public', user.id)).roles, ['admin'])
  t.strictSame((await UserRoles.getRolesThatHavePermission('write')).roles, ['admin'])
  ok(await JWT.createJWT({ any: 'thing' }))
  t.equal((await JWT.getJWKS()).keys.length, 2)
})

t.test('tenants, lists, mapped ids, linked accounts, authenticator apps', async (t) => {
  ok(await Multitenancy.createOrUpdateTenant('t1', { firstFactors: ['emailpassword'] }))
  t.equal((await Multitenancy.listAllTenants()).tenants.length, 2)
  const one = ok(await EmailPassword.signUp('t1', 'ten@example.com', 'password1'))
  t.strictSame(one.user.tenantIds, ['t1'])
  ok(await Multitenancy.associateUserToTenant('public', one.recipeUserId))

  const page = await supertokens.getUsersNewestFirst({ tenantId: 'public', limit: 1 })
  t.equal(page.users[0]?.id, one.user.id)
  t.ok(page.nextPaginationToken)
  t.ok(await supertokens.getUserCount() >= 3)

  ok(await supertokens.createUserIdMapping({ superTokensUserId: one.user.id, externalUserId: 'my-own-id' }))
  t.equal((await supertokens.getUser(one.user.id))?.id, 'my-own-id')

  const code = ok(await Passwordless.createCode({ tenantId: 'public', email: 'ten@example.com' }))
  const other = ok(await Passwordless.consumeCode({ tenantId: 'public', preAuthSessionId: code.preAuthSessionId, linkCode: code.linkCode }))
  ok(await AccountLinking.createPrimaryUser(supertokens.convertToRecipeUserId('my-own-id')))
  const linked = ok(await AccountLinking.linkAccounts(other.recipeUserId, 'my-own-id'))
  t.equal(linked.user.loginMethods.length, 2)
  t.match(await AccountLinking.unlinkAccount(other.recipeUserId), { status: 'OK', wasLinked: true, wasRecipeUserDeleted: false })

  const device = ok(await Totp.createDevice('my-own-id'))
  ok(await Totp.verifyDevice('public', 'my-own-id', device.deviceName, codeAt(device.secret, 30, Date.now())))
  t.match(await Totp.listDevices('my-own-id'), { devices: [{ verified: true }] })
})
