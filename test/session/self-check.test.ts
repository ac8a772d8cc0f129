import t from 'tap'
import { clonesBehave } from '../../src/session/self-check.js'
import { cloneSession } from '../../src/session/verified-token.js'

t.test('clones of this SDK\'s sessions behave', async (t) => {
  t.equal(await clonesBehave(), true)
})

t.test('clones that do not are noticed', async (t) => {
  const broken: Record<string, typeof cloneSession> = {
    'one object for all': (session) => session,
    'a payload of its own': (session, antiCsrfToken) => Object.assign(cloneSession(session, antiCsrfToken), { userDataInAccessToken: {} }),
    'another user': (session, antiCsrfToken) => Object.assign(cloneSession(session, antiCsrfToken), { userId: 'other' }),
    'the anti-CSRF token of another request': (session) => cloneSession(session, 'first'),
    'a field too many': (session, antiCsrfToken) => Object.assign(cloneSession(session, antiCsrfToken), { more: 1 }),
    'an attachment that takes time': (session, antiCsrfToken) => Object.defineProperty(cloneSession(session, antiCsrfToken), 'attachToRequestResponse', { value: async () => {} }),
    'an attachment that goes nowhere': (session, antiCsrfToken) => Object.defineProperty(cloneSession(session, antiCsrfToken), 'attachToRequestResponse', { value: () => {} }),
    'no session at all': () => { throw new Error('private fields') }
  }
  for (const [name, clone] of Object.entries(broken)) t.equal(await clonesBehave(clone), false, name)
})
