import { randomUUID } from 'node:crypto'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { SignedInUser } from '../../../src/testing/index.js'
import { codeOf } from '../../second-factor/totp.js'
import type { Payload, Way } from './way-type.js'

/** Secrets by user, as their apps have them. */
const apps = new Map<string, string>()

/** A code of the user's app. Without the marks of codes before, as if half a minute had passed since the last one. */
async function nextCode (userId: string, metadata: object): Promise<string> {
  const marks = Object.keys(metadata).filter((key) => key.startsWith('fastify-2fa:spent:totp:'))
  await UserMetadata.updateUserMetadata(userId, Object.fromEntries(marks.map((key) => [key, null])) as never)
  return codeOf(apps.get(userId)!)
}

export const totp: Way = {
  factor: 'totp',
  ask: '/auth/totp/device',
  answer: '/auth/totp/device/verify',
  answerTo: (challenge) => challenge.deviceName === undefined ? '/auth/totp/verify' : totp.answer,
  isAsked: false,
  record: 'fastify-2fa:totp',
  broken: [false, [], 'x'],
  brokenCode: 'AUTH_FACTOR_BROKEN',
  wrongStatus: 'INVALID_TOTP_ERROR',
  restartStatus: 'UNKNOWN_DEVICE_ERROR',
  lateStatus: 'INVALID_TOTP_ERROR',
  input: () => ({}),
  async request (_app, { session, userId }) {
    const { metadata } = await UserMetadata.getUserMetadata(userId) as { metadata: object }
    if (Object.keys(metadata).some((key) => key.startsWith('fastify-2fa:totp:'))) return { totp: await nextCode(userId, metadata) }
    // Of a name that no other user gives: names are not what tells devices apart.
    const response = await session.inject({ method: 'POST', url: totp.ask, payload: { deviceName: randomUUID() } })
    const { status, deviceName, secret } = response.json<{ status: string, deviceName: string, secret: string }>()
    if (status !== 'OK') throw new Error(`asking answered ${response.statusCode} ${response.body}`)
    apps.set(userId, secret)
    return { deviceName, totp: codeOf(secret) }
  },
  wrong: (challenge) => ({ ...challenge, totp: challenge.totp === '000000' ? '000001' : '000000' }),
  secret: ({ totp }) => totp!,
  candidates: (_app, asked) => asked.map(({ deviceName, secret }) => ({ deviceName: deviceName!, totp: codeOf(secret!) })),
  mixed: () => [],
  forged: ({ deviceName }) => ({ factor: 'totp', id: `device:${deviceName}`, adds: true, details: { device: 'x', name: deviceName, secret: 'x' }, sentAt: Date.now() })
}

/** Asks for one more app, as far as the session may, and returns what confirms it. */
export async function anotherApp ({ session }: SignedInUser): Promise<Payload> {
  const response = await session.inject({ method: 'POST', url: totp.ask, payload: {} })
  const { deviceName = 'none', secret } = response.json<{ deviceName?: string, secret?: string }>()
  return { deviceName, totp: secret === undefined ? '123456' : codeOf(secret) }
}
