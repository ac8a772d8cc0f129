import { BodyInvalid } from '../errors.js'
import type { FactorEndpoint } from '../second-factor/factor.js'
import { object, text } from '../second-factor/schemas.js'
import { endOthers, endSession, listSessions } from './sessions.js'

/** What owners see and end of their sessions (`docs/account-sessions.md`). */
export const sessionEndpoints: readonly FactorEndpoint[] = [
  {
    method: 'GET',
    path: '/account/sessions',
    handle: async (_login, call) => ({ status: 'OK', ...await listSessions(call) })
  },
  {
    method: 'POST',
    path: '/account/sessions/end',
    body: object({ id: text(64), others: { type: 'boolean' } }),
    async handle (_login, call, { id, others = false }) {
      if ((typeof id === 'string') === (others === true)) throw new BodyInvalid('Name either the id of a session, or others: true')
      if (typeof id === 'string') return { status: 'OK', didSessionExist: await endSession(call, id) }
      await endOthers(call)
      return { status: 'OK' }
    }
  }
]
