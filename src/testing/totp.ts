import type { FastifyInstance } from 'fastify'
import { loadOtp } from '../second-factor/factors/totp/algorithm.js'
import { answerOf } from './answer.js'
import type { TestSession } from './test-session.js'

/**
 * The code that an authenticator app with this secret shows now. Each works once: `advance(30)` before the next one.
 *
 * @param secret in base32, as `POST /totp/device` answers it
 */
export async function currentTotp (secret: string): Promise<string> {
  const { Secret, TOTP } = await loadOtp()
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() })
}

/** Adds an authenticator app in the user's session, which has passed the second factor then. Returns its secret. */
export async function enrolTotp (app: FastifyInstance, { session }: { session: TestSession }, apiBasePath = app.twoFactor.authPath.received): Promise<string> {
  const url = `${apiBasePath}/totp/device`
  const { secret, deviceName } = answerOf(await session.inject({ method: 'POST', url, payload: {} }), 'totp/device') as { secret: string, deviceName: string }
  answerOf(await session.inject({ method: 'POST', url: `${url}/verify`, payload: { deviceName, totp: await currentTotp(secret) } }), 'totp/device/verify')
  return secret
}
