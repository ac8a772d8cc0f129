import t from 'tap'
import { testCore } from '../helper.js'
import { buildHost } from './suite/clients.js'
import { attackLateSessions } from './suite/late-sessions.js'

t.test('sessions that are born while others end', async (t) => {
  const { app } = await buildHost(t, { ...(await testCore()).options, maxEventLoopDelay: 0, firstFactor: 'phone-password' })
  await attackLateSessions(t, app)
})
