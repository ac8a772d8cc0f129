import t from 'tap'
import { CORE_WIDTHS, fits } from '../../src/lengths.js'
import { openCore, NEW_SESSION } from '../embedded-core/client.js'

t.test('a text is measured in characters, as the Core stores it', async (t) => {
  t.ok(fits('a'.repeat(256)))
  t.notOk(fits('a'.repeat(257)))
  t.ok(fits('😀'.repeat(256)), 'one character, two units')
  t.notOk(fits('😀'.repeat(257)))
  t.ok(fits('İ'.repeat(128)))
  t.notOk(fits('İ'.repeat(129)), 'two characters in lower case')
  t.notOk(fits('a'.repeat(10_000_000)))
  t.ok(fits('', 1))
})

t.test('the embedded Core stores no more than the real one', async (t) => {
  const { post, put } = await openCore(t)
  const { account, role, thirdPartyId, tenantId, userId } = CORE_WIDTHS
  const password = 'correct horse'
  const id = await post<{ user: { id: string } }>('/recipe/signup', { email: 'a@example.com', password }).then(({ body }) => body.user.id)
  const phone = await post<{ deviceId: string, preAuthSessionId: string, userInputCode: string }>('/recipe/signinup/code', { phoneNumber: '+12125550101' }).then(({ body }) => body)
  const phoneId = await post<{ recipeUserId: string }>('/recipe/signinup/code/consume', { deviceId: phone.deviceId, preAuthSessionId: phone.preAuthSessionId, userInputCode: phone.userInputCode }).then(({ body }) => body.recipeUserId)
  const signInUp = (fields: { thirdPartyId?: string, thirdPartyUserId?: string, email?: string }) =>
    post('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'x', ...fields, email: { id: fields.email ?? 'b@example.com', isVerified: false } })
  const writes: Array<[what: string, width: number, write: (text: string) => Promise<{ status: number }>]> = [
    ['e-mail at sign-up', account, (email) => post('/recipe/signup', { email, password })],
    ['e-mail with a hash', account, (email) => post('/recipe/user/passwordhash/import', { email, passwordHash: '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy' })],
    ['e-mail of a reset', account, (email) => post('/recipe/user/password/reset/token', { userId: id, email })],
    ['e-mail at a change', account, (email) => put('/recipe/user', { recipeUserId: id, email })],
    ['e-mail to verify', account, (email) => post('/recipe/user/email/verify/token', { userId: id, email })],
    ['e-mail for a code', account, (email) => post('/recipe/signinup/code', { email })],
    ['phone for a code', account, (phoneNumber) => post('/recipe/signinup/code', { phoneNumber })],
    ['phone at a change', account, (phoneNumber) => put('/recipe/user', { recipeUserId: phoneId, phoneNumber }, { rid: 'passwordless' })],
    ['provider', thirdPartyId, (text) => signInUp({ thirdPartyId: text })],
    ['user of a provider', account, (text) => signInUp({ thirdPartyUserId: text })],
    ['e-mail of a provider', account, (email) => signInUp({ email })],
    ['role', role, (text) => put('/recipe/role', { role: text })],
    ['permission', role, (text) => put('/recipe/role', { role: 'r', permissions: [text] })],
    ['user of metadata', userId, (text) => put('/recipe/user/metadata', { userId: text, metadataUpdate: {} })],
    ['user of a role', userId, (text) => put('/recipe/user/role', { userId: text, role: 'r' })],
    ['user of a session', userId, (text) => post('/recipe/session', { userId: text, ...NEW_SESSION })],
    ['external id', userId, (text) => post('/recipe/userid/map', { superTokensUserId: id, externalUserId: text, force: true })],
    ['authenticator', 256, (text) => post('/recipe/totp/device', { userId: 'u', deviceName: text, skew: 1, period: 30 })],
    ['tenant', tenantId, (text) => put('/recipe/multitenancy/tenant/v2', { tenantId: text })]
  ]
  for (const [what, width, write] of writes) {
    const over = await write('x'.repeat(width + 1))
    t.match(over, { status: 400 }, `${what} of ${width + 1}`)
    t.equal((await write('x'.repeat(20_000))).status, 400, `${what} of 20000`)
    t.equal((await write('x'.repeat(width))).status, 200, `${what} of ${width}`)
  }
})
