import { once } from 'node:events'
import { advance, passSecondFactor, signIn, signInWithSecondFactor, signUp, type SignedInUser } from 'fastify-2fa/testing'
import { afterAll, expect, test } from 'vitest'
import { startApp } from '../app.js'
import { ask, handshake, statusOfUpgrade } from '../handshake.js'

const { app, close } = await startApp()
afterAll(close)

interface Answer {
  data: Record<string, unknown> | null
  errors?: { message: string, extensions?: { code?: string } }[]
}

const query = async ({ session }: SignedInUser, query: string, variables = {}) => await session.inject({ method: 'POST', url: '/graphql', payload: { query, variables } })
const answer = async (user: SignedInUser, text: string, variables = {}): Promise<Answer> => (await query(user, text, variables)).json<Answer>()

test('no operation runs without the second factor', async () => {
  const payload = { query: '{ __typename }' }
  expect((await app.inject({ method: 'POST', url: '/graphql', payload })).statusCode).toBe(401)
  expect((await query(await signUp(app), '{ me { id } }')).statusCode).toBe(403)
  expect((await app.inject('/graphql?query={__typename}')).statusCode).toBe(401)
  expect((await app.inject('/graphiql')).statusCode).toBe(401)
})

test('who asks is who has signed in', async () => {
  const user = await signInWithSecondFactor(app)
  expect(await answer(user, 'mutation { rename (displayName: "Alice") { displayName } }')).toEqual({ data: { rename: { displayName: 'Alice' } } })
  const forged = await user.session.inject({ method: 'POST', url: '/graphql', headers: { 'x-shop-user': 'somebody' }, payload: { query: '{ me { displayName } }', variables: { userId: 'somebody' }, extensions: { session: {} } } })
  expect(forged.json()).toEqual({ data: { me: { displayName: 'Alice' } } })
})

test('a link changes nothing', async () => {
  const { session } = await signInWithSecondFactor(app)
  const { statusCode } = await session.inject('/graphql?query=mutation{placeOrder(item:"x"){id}}')
  expect(statusCode).toBe(405)
})

test('what is too long or cannot be stored is refused', async () => {
  const user = await signInWithSecondFactor(app)
  for (const displayName of ['', 'x'.repeat(81), 'a\u0000b']) {
    const { errors } = await answer(user, 'mutation ($displayName: String!) { rename (displayName: $displayName) { id } }', { displayName })
    expect(errors).toMatchObject([{ message: 'displayName is not valid', extensions: { code: 'INPUT_INVALID' } }])
  }
})

test('clients learn what a query has wrong, and nothing of what failed inside', async () => {
  const user = await signInWithSecondFactor(app)
  expect((await answer(user, '{ nothing }')).errors![0]!.message).toContain('Cannot query field')
  expect((await answer(user, 'mutation { refund (id: "1") { id } }')).errors).toMatchObject([{ message: 'There is no such order' }])
  await app.db.query('alter table orders rename to away')
  const { errors } = await answer(user, '{ orders { id } }').finally(() => app.db.query('alter table away rename to orders'))
  expect(errors).toHaveLength(1)
  expect(JSON.stringify(errors)).toContain('Something went wrong')
  expect(JSON.stringify(errors)).not.toContain('relation')
})

test('an operation asks for a second factor of the last five minutes by itself', async () => {
  const user = await signInWithSecondFactor(app)
  const { data } = await answer(user, 'mutation { placeOrder (item: "a book") { id } }') as { data: { placeOrder: { id: string } } }
  const refund = `mutation { refund (id: "${data.placeOrder.id}") { refunded } }`
  advance('6m')
  expect((await answer(user, refund)).errors).toMatchObject([{ extensions: { code: 'STEP_UP_NEEDED', claimValidationErrors: [{ id: '2fa-completed', reason: { message: 'expired' } }] } }])
  await passSecondFactor(app, user)
  expect(await answer(user, refund)).toEqual({ data: { refund: { refunded: true } } })
})

test('a subscription opens to the websites alone, brings the person\'s own orders, and ends with the session', async () => {
  const [alice, bob] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  expect(await statusOfUpgrade(app, '/graphql', handshake(alice.session, 'https://evil.example'))).toBe(403)
  expect(await statusOfUpgrade(app, '/graphql', handshake((await signUp(app)).session))).toBe(403)

  const socket = await app.injectWS('/graphql', { headers: { ...handshake(alice.session), 'sec-websocket-protocol': 'graphql-transport-ws' } })
  expect(await ask(socket, JSON.stringify({ type: 'connection_init', payload: { session: {}, headers: { authorization: 'Bearer x' } } }))).toMatchObject({ type: 'connection_ack' })
  const heard: string[] = []
  socket.on('message', (message: Buffer) => { heard.push(message.toString()) })
  const next = once(socket, 'message')
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { orderPlaced { item } }' } }))
  // Nothing says when a subscription has begun.
  for (let tries = 0; heard.length === 0 && tries < 100; tries++) {
    await answer(bob, 'mutation { placeOrder (item: "bob\'s") { id } }')
    await answer(alice, 'mutation { placeOrder (item: "alice\'s") { id } }')
  }
  await next
  expect(JSON.parse(heard[0]!)).toMatchObject({ type: 'next', payload: { data: { orderPlaced: { item: 'alice\'s' } } } })

  const elsewhere = await signIn(app, alice)
  await passSecondFactor(app, elsewhere)
  const ended = new Promise((resolve) => { socket.on('message', (message: Buffer) => { if (JSON.parse(message.toString()).type === 'complete') resolve(true) }) })
  await alice.session.inject({ method: 'POST', url: '/auth/signout' })
  await answer(elsewhere, 'mutation { placeOrder (item: "a secret") { id } }')
  await ended
  expect(heard.some((message) => message.includes('a secret'))).toBe(false)
  socket.terminate()
})
