import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { advance, passSecondFactor, signIn, signInWithSecondFactor, signUp, type SignedInUser } from 'fastify-2fa/testing'
import { findUser } from '../../src/users.js'
import { startApp } from '../app.js'

const { app, core, close } = await startApp()
after(close)

const get = async ({ session }: SignedInUser, url: string) => await session.inject(url)
const post = async ({ session }: SignedInUser, url: string, payload = {}) => await session.inject({ method: 'POST', url, payload })

test('a sign-up makes a row', async () => {
  const { userId } = await signUp(app)
  const row = await findUser(app.db, userId)
  assert.equal(row?.displayName, null)
})

test('an account without a row gets it at first sight, once', async () => {
  const user = await signInWithSecondFactor(app)
  await app.db.query('delete from users where auth_user_id = $1', [user.userId])
  const answers = await Promise.all([get(user, '/me'), get(user, '/me'), get(user, '/orders')])
  assert.deepEqual(answers.map(({ statusCode }) => statusCode), [200, 200, 200])
  const { rows } = await app.db.query('select 1 from users where auth_user_id = $1', [user.userId])
  assert.equal(rows.length, 1)
})

test('a sign-up goes on while the table cannot be written to', async () => {
  await app.db.query('alter table users rename to away')
  const user = await signUp(app).finally(() => app.db.query('alter table away rename to users'))
  await passSecondFactor(app, user)
  assert.equal((await get(user, '/me')).statusCode, 200)
})

test('people rename themselves, and what the table cannot hold is refused', async () => {
  const user = await signInWithSecondFactor(app)
  const rename = async (displayName: unknown) => await user.session.inject({ method: 'PATCH', url: '/me', payload: { displayName } })
  assert.equal((await rename('Alice')).json().displayName, 'Alice')
  for (const name of ['', 'x'.repeat(81), 'a\u0000b', { a: 1 }]) assert.equal((await rename(name)).statusCode, 400)
  assert.equal((await get(user, '/me')).json().displayName, 'Alice')
})

test('orders are seen by whoever placed them', async () => {
  const [alice, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const { id } = (await post(alice, '/orders', { item: 'a book' })).json<{ id: string }>()
  assert.deepEqual((await get(alice, `/orders/${id}`)).json(), { id, item: 'a book', refunded: false })
  assert.deepEqual((await get(mallory, '/orders')).json(), [])
  for (const path of [id, '0', '-1', '1e3', '99999999999999999999', "1'--", '%00']) {
    assert.equal((await get(mallory, `/orders/${path}`)).statusCode, 404, path)
    assert.equal((await post(mallory, `/orders/${path}/refund`)).statusCode, 404, path)
  }
})

test('a refund needs a second factor of the last five minutes', async () => {
  const user = await signInWithSecondFactor(app)
  const { id } = (await post(user, '/orders', { item: 'a book' })).json<{ id: string }>()
  advance('6m')
  assert.equal((await get(user, `/orders/${id}`)).statusCode, 200)
  assert.equal((await post(user, `/orders/${id}/refund`)).statusCode, 403)
  await passSecondFactor(app, user)
  assert.equal((await post(user, `/orders/${id}/refund`)).json().refunded, true)
})

test('an account is removed with its row, its orders and its sessions', async () => {
  const user = await signInWithSecondFactor(app)
  await post(user, '/orders', { item: 'a book' })
  const elsewhere = user.session.copy()
  const remove = async () => await user.session.inject({ method: 'DELETE', url: '/me' })
  advance('6m')
  assert.equal((await remove()).statusCode, 403, 'not by a session that was left open')
  await passSecondFactor(app, user)
  assert.equal((await remove()).statusCode, 204)
  assert.equal(user.session.cookies.has('sAccessToken'), false)
  assert.equal(await findUser(app.db, user.userId), undefined)
  const { rows } = await app.db.query('select 1 from orders where user_id not in (select id from users)')
  assert.deepEqual(rows, [])
  assert.equal((await elsewhere.inject('/me')).statusCode, 401)
  await assert.rejects(signIn(app, user), /WRONG_CREDENTIALS_ERROR/)
})

test('attack: a token that outlives its account brings no row back', async () => {
  const user = await signInWithSecondFactor(app)
  // As another replica or the dashboard does: this process hears nothing of it.
  await core.fetch(`${core.connectionURI}/user/remove`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ userId: user.userId }) })
  await app.db.query('delete from users where auth_user_id = $1', [user.userId])
  const response = await get(user, '/me')
  assert.equal(response.statusCode, 401)
  assert.equal(response.json().code, 'SHOP_ACCOUNT_GONE')
  assert.equal(await findUser(app.db, user.userId), undefined)
})

test('the row stays if the account cannot be removed', async () => {
  const user = await signInWithSecondFactor(app)
  await core.close()
  const response = await user.session.inject({ method: 'DELETE', url: '/me' })
  assert.equal(response.statusCode >= 500, true)
  assert.deepEqual(response.json(), { message: 'Something went wrong' })
  assert.notEqual(await findUser(app.db, user.userId), undefined)
})
