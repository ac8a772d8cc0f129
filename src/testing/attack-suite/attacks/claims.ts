import { createTestSession } from '../../test-session.js'
import type { Attack } from '../attack.js'
import { urlOf } from '../routes.js'
import { post, type Stage, type TriedTarget } from '../stage.js'
import { eachSession, refresh } from './sessions.js'

/** What a session's payload says once both factors have passed, in every place where a host might look for it. */
function poison ({ claim, targets }: Stage): Record<string, unknown> {
  const t = Date.now()
  const claims = {
    [claim]: { v: true, t },
    'st-mfa': { c: { emailpassword: 1, 'otp-phone': 1, totp: 1 }, v: true },
    'st-role': { v: targets.flatMap(({ roles }) => roles), t },
    'st-perm': { v: targets.flatMap(({ permissions }) => permissions), t }
  }
  return { ...claims, claims, payload: claims, accessTokenPayload: claims, session: claims, userDataInAccessToken: claims }
}

/** What a JSON body has; nothing of texts, bytes and streams. */
const membersOf = (payload: unknown): object =>
  typeof payload === 'object' && payload !== null && Object.getPrototypeOf(payload) === Object.prototype ? payload : {}

const takesBody = ({ method, isWebSocket }: TriedTarget): boolean => ['POST', 'PUT', 'PATCH'].includes(method) && !isWebSocket

export const claimAttacks: Attack[] = [
  {
    id: 'claims-at-sign-up',
    threat: 'Somebody signs up or in with claims of their own beside the form.',
    async run (stage, found) {
      for (const transferMethod of stage.sessions) {
        const user = await stage.newUser(transferMethod)
        const formFields = [{ id: 'email', value: user.email }, { id: 'password', value: user.password }]
        const session = createTestSession(stage.app, transferMethod)
        await post(session, `${stage.base}/signin`, { formFields, ...poison(stage) })
        if (await stage.isIn(session)) found.open(`POST ${stage.base}/signin`, 'claims beside the form count')
      }
    }
  },
  {
    id: 'claims-from-client',
    threat: 'A route writes what a client sends into the session, and so lets the client say that the second factor has passed.',
    lacks: ({ targets }) => targets.some((target) => target.access === 'first-factor' && takesBody(target)) ? undefined : 'no route with a body is open to sessions of the first factor',
    async run (stage, found) {
      await eachSession(stage, async (transferMethod) => {
        for (const target of stage.targets.filter((one) => one.access === 'first-factor' && takesBody(one))) {
          const { session } = await stage.newUser(transferMethod)
          const { payload, headers = {} } = target.given
          await session.inject({ method: target.method as 'POST', url: urlOf(target, target.given), payload: { ...membersOf(payload), ...poison(stage) }, headers })
          const before = await stage.isIn(session)
          await refresh(stage, session)
          if (before || await stage.isIn(session)) found.open(target.name, 'it writes the second factor\'s claim into the session, as the client sends it')
        }
      })
    }
  }
]
