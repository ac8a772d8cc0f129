import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listUsersByAccountInfo, UserRoles } from 'fastify-2fa/supertokens'
import { advance, createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp, startTestCore } from 'fastify-2fa/testing'
import { buildApp, TENANTS } from './app.js'

const core = await startTestCore()
after(() => core.close())
const app = await buildApp(core.options)
after(() => app.close())
await app.ready()

const at = (tenantId) => ({ apiBasePath: `/auth/${tenantId}` })
const statusOf = async (session, url, more = {}) => (await session.inject({ url, ...more })).statusCode

test('people read and write what is their tenant\'s', async () => {
  for (const tenantId of TENANTS) {
    const { session } = await signInWithSecondFactor(app, at(tenantId))
    assert.equal(await statusOf(session, `/tenants/${tenantId}/notes`, { method: 'POST', payload: { text: `of ${tenantId}` } }), 200)
    assert.deepEqual((await session.inject(`/tenants/${tenantId}/notes`)).json(), [`of ${tenantId}`])
  }
})

test('one address in two tenants is two people', async () => {
  const person = { email: 'alice@example.com', phoneNumber: newPhoneNumber() }
  const ofAcme = await signInWithSecondFactor(app, { ...person, password: 'correct horse 1', ...at('acme') })
  const ofGlobex = await signInWithSecondFactor(app, { ...person, password: 'another horse 2', ...at('globex') })
  assert.notEqual(ofAcme.userId, ofGlobex.userId)
  await assert.rejects(signIn(app, { ...ofAcme, ...at('globex') }), /WRONG_CREDENTIALS_ERROR/)
  await assert.rejects(signIn(app, { ...ofGlobex, ...at('acme') }), /WRONG_CREDENTIALS_ERROR/)
})

test('a session of one tenant opens nothing of the other', async () => {
  const { session } = await signInWithSecondFactor(app, at('acme'))
  const paths = ['/tenants/globex/notes', '/tenants/acme/../globex/notes', '/tenants/%67lobex/notes', '/tenants/GLOBEX/notes', '/tenants/public/notes', '/tenants/nowhere/notes', '/tenants/globex/nothing']
  const claims = [{}, { 'x-tenant-id': 'acme' }, { host: 'acme.example.com' }, { 'st-tenant-id': 'acme' }]
  for (const url of paths) {
    for (const headers of claims) assert.equal(await statusOf(session, url, { headers }), 404, url)
    assert.equal(await statusOf(session, url, { method: 'POST', payload: { text: 'x', tenantId: 'acme' } }), 404, url)
  }
  assert.equal(await statusOf(session, '/tenants/globex/notes?tenantId=acme'), 404)
})

test('a session that has passed one factor opens nothing at all', async () => {
  const { session } = await signUp(app, at('acme'))
  for (const tenantId of TENANTS) assert.equal(await statusOf(session, `/tenants/${tenantId}/notes`), 403)
  assert.equal(await statusOf(createTestSession(app), '/tenants/acme/notes'), 401)
})

test('the second factor at another tenant\'s address moves nobody', async () => {
  const user = await signUp(app, at('acme'))
  await passSecondFactor(app, user, '/auth/globex').catch(() => {})
  assert.notEqual(await statusOf(user.session, '/tenants/globex/notes'), 200)
  await passSecondFactor(app, user, '/auth/acme')
  assert.equal(await statusOf(user.session, '/tenants/acme/notes'), 200)
  assert.equal(await statusOf(user.session, '/tenants/globex/notes'), 404)
})

test('a code of one tenant passes in no session of the other', async () => {
  const phoneNumber = newPhoneNumber()
  const ofAcme = await signUp(app, { ...at('acme'), phoneNumber })
  const ofGlobex = await signUp(app, { ...at('globex'), phoneNumber })
  const payload = await requestCode(app, ofAcme, '/auth/acme')
  for (const url of ['/auth/acme/signinup/code/consume', '/auth/globex/signinup/code/consume']) {
    const response = await ofGlobex.session.inject({ method: 'POST', url, payload })
    assert.notEqual(response.json().status, 'OK')
  }
  for (const tenantId of TENANTS) assert.equal(await statusOf(ofGlobex.session, `/tenants/${tenantId}/notes`), 403)
})

test('a refresh keeps the tenant', async () => {
  const { session } = await signInWithSecondFactor(app, at('acme'))
  advance('66m')
  assert.equal(await statusOf(session, '/auth/session/refresh', { method: 'POST' }), 200)
  assert.equal(await statusOf(session, '/tenants/acme/notes'), 200)
  assert.equal(await statusOf(session, '/tenants/globex/notes'), 404)
})

test('a role in one tenant is none in the other', async () => {
  const user = await signUp(app, at('acme'))
  await UserRoles.createNewRoleOrAddPermissions('admin', [])
  await UserRoles.addRoleToUser('globex', user.userId, 'admin')
  await passSecondFactor(app, user, '/auth/acme')
  assert.equal(await statusOf(user.session, '/tenants/acme/notes', { method: 'DELETE' }), 403)

  await UserRoles.addRoleToUser('acme', user.userId, 'admin')
  const again = await signIn(app, { ...user, ...at('acme') })
  await passSecondFactor(app, again, '/auth/acme')
  assert.equal(await statusOf(again.session, '/tenants/acme/notes', { method: 'DELETE' }), 200)
  assert.equal(await statusOf(again.session, '/tenants/globex/notes', { method: 'DELETE' }), 404)
})

test('nobody signs up without a tenant, or for one that there is not', async () => {
  const email = 'nobody@example.com'
  await assert.rejects(signUp(app, { email }), /401/)
  for (const tenantId of ['public', ...TENANTS]) assert.deepEqual(await listUsersByAccountInfo(tenantId, { email }), [])
  const unknown = await createTestSession(app).inject({ method: 'POST', url: '/auth/nowhere/signin', payload: { formFields: [] } })
  assert.equal(unknown.json().code, 'AUTH_TENANT_UNKNOWN')
})
