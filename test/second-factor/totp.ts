import { Secret, TOTP } from 'otpauth'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { advance, signUp, type SignedInUser } from '../../src/testing/index.js'

const PERIOD_MS = 30_000

/** The code of a secret in base32, as an app shows it so many periods from now. */
export function codeOf (secret: string, periods = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + periods * PERIOD_MS })
}

/** Codes that are none of the next and the last. */
export function wrongCode (secret: string): string {
  const right = [-2, -1, 0, 1, 2].map((periods) => codeOf(secret, periods))
  return ['000000', '000001', '000002', '000003', '000004', '000005'].find((code) => !right.includes(code))!
}

export const post = async ({ session }: Pick<SignedInUser, 'session'>, url: string, payload: object = {}): Promise<LightMyRequestResponse> =>
  await session.inject({ method: 'POST', url: `/auth${url}`, payload })

export interface SetUp { status: string, deviceName: string, secret: string, qrCodeString: string, qrCodeSvg: string, issuerName: string }

export async function setUp (user: Pick<SignedInUser, 'session'>, deviceName?: string): Promise<SetUp> {
  const response = await post(user, '/totp/device', deviceName === undefined ? {} : { deviceName })
  return response.json<SetUp>()
}

/** Adds an authenticator app, and returns its secret. The session has passed the second factor then. */
export async function enrolApp (user: SignedInUser, name?: string): Promise<string> {
  const { secret, deviceName } = await setUp(user, name)
  const response = await post(user, '/totp/device/verify', { deviceName, totp: codeOf(secret) })
  if (response.json<{ status: string }>().status !== 'OK') throw new Error(`confirming answered ${response.statusCode} ${response.body}`)
  return secret
}

export interface Owner { alice: SignedInUser, secret: string, codes: string[] }

/** An account whose first factor is an authenticator app, in the session that added it, with its recovery codes. */
export async function withApp (app: FastifyInstance): Promise<Owner> {
  const alice = await signUp(app)
  const { secret, deviceName } = await setUp(alice)
  const { recoveryCodes } = (await post(alice, '/totp/device/verify', { deviceName, totp: codeOf(secret) })).json<{ recoveryCodes: string[] }>()
  return { alice, secret, codes: recoveryCodes }
}

/** Passes with the next code, which the app has not shown before. */
export async function passByApp (user: Pick<SignedInUser, 'session'>, secret: string): Promise<LightMyRequestResponse> {
  advance(30)
  return await post(user, '/totp/verify', { totp: codeOf(secret) })
}

export const isIn = async ({ session }: Pick<SignedInUser, 'session'>): Promise<boolean> => (await session.inject('/me')).statusCode === 200
