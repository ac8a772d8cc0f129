import { once } from 'node:events'
import { signInWithSecondFactor, signUp } from 'fastify-2fa/testing'
import { afterAll, expect, test } from 'vitest'
import { SESSION_ENDED } from '../../src/routes/live/index.js'
import { startApp } from '../app.js'
import { ask, handshake, statusOfUpgrade } from '../handshake.js'

const { app, close } = await startApp()
afterAll(close)

test('the websocket opens after the second factor, to pages of the websites', async () => {
  const { session } = await signInWithSecondFactor(app)
  expect(await statusOfUpgrade(app, '/live', {})).toBe(401)
  expect(await statusOfUpgrade(app, '/live', handshake((await signUp(app)).session))).toBe(403)
  expect(await statusOfUpgrade(app, '/live', handshake(session, 'https://evil.example'))).toBe(403)
  expect(await statusOfUpgrade(app, '/live', handshake(session))).toBe(101)
})

test('it brings the orders of whoever opened it, and ends with the session', async () => {
  const { session } = await signInWithSecondFactor(app)
  await session.inject({ method: 'POST', url: '/orders', payload: { item: 'a book' } })
  const socket = await app.injectWS('/live', { headers: handshake(session) })
  expect(await ask(socket, 'orders')).toMatchObject([{ item: 'a book' }])

  await session.inject({ method: 'POST', url: '/auth/signout' })
  const closed = once(socket, 'close') as Promise<[number]>
  socket.send('orders')
  expect((await closed)[0]).toBe(SESSION_ENDED)
})

test('whatever else it hears ends it', async () => {
  const { session } = await signInWithSecondFactor(app)
  for (const [message, code] of [['everything', 1008], ['x'.repeat(5000), 1009]] as const) {
    const socket = await app.injectWS('/live', { headers: handshake(session) })
    const closed = once(socket, 'close') as Promise<[number]>
    socket.send(message)
    expect((await closed)[0]).toBe(code)
  }
})
