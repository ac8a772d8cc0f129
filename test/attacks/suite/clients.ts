import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { service, type ServiceOptions } from '../../../src/app.js'
import { createTestSession, newPhoneNumber, type SignedInUser, type TestSession, type TransferMethod } from '../../../src/testing/index.js'
import { watchTexts } from '../../language/untranslated.js'
import { addHostRoutes } from './host-routes.js'
import { passFactor, wayOf } from './way.js'

export const PASSWORD = 'correct horse 1'

/** How a client presents itself: the SDK picks one of three code paths by `fdi-version`, and the session's vehicle by `st-auth-mode`. */
export interface Manner {
  transferMethod: TransferMethod
  fdiVersion: string | undefined
}

export const MANNERS: Manner[] = (['cookie', 'header'] as const).flatMap((transferMethod) =>
  [undefined, '4.1', '3.0', '1.18'].map((fdiVersion) => ({ transferMethod, fdiVersion })))

/** Where only the newest and the oldest way can differ. */
export const FEW_MANNERS = MANNERS.filter(({ fdiVersion }) => fdiVersion === undefined || fdiVersion === '1.18')

/** Where the Frontend Driver Interface plays no part. */
export const BOTH_VEHICLES = MANNERS.filter(({ fdiVersion }) => fdiVersion === undefined)

const USUAL: Manner = { transferMethod: 'cookie', fdiVersion: undefined }

export const describe = ({ transferMethod, fdiVersion }: Manner): string => `${transferMethod} session, FDI ${fdiVersion ?? 'not named'}`

/** A route of the service, as Fastify registers it. */
export interface Route {
  method: string
  url: string
}

/** The service inside a host with routes of its own, and the list of all of them. */
export async function buildHost (t: Test, options: ServiceOptions): Promise<{ app: FastifyInstance, routes: Route[] }> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  const routes: Route[] = []
  watchTexts(t, app)
  app.addHook('onRoute', ({ method, url }) => { routes.push(...[method].flat().map((one) => ({ method: one, url }))) })
  // The event loop may lag on a busy machine.
  await app.register(service, { maxEventLoopDelay: 0, ...options })
  const own = routes.length
  addHostRoutes(app)
  await app.ready()
  return { app, routes: routes.slice(0, own) }
}

/** A client that presents itself in this manner with everything it sends. */
export function createClient (app: FastifyInstance, manner: Manner = USUAL): TestSession {
  return wrap(createTestSession(app, manner.transferMethod), manner)
}

function wrap (session: TestSession, manner: Manner): TestSession {
  return {
    ...session,
    async inject (request) {
      const options: InjectOptions = typeof request === 'string' ? { method: 'GET', url: request } : request
      return await session.inject({ ...options, headers: { ...(manner.fdiVersion !== undefined && { 'fdi-version': manner.fdiVersion }), ...options.headers } })
    },
    copy: () => wrap(session.copy(), manner)
  }
}

export const post = (client: TestSession, url: string, payload: object = {}, headers: Record<string, string> = {}): Promise<LightMyRequestResponse> =>
  client.inject({ method: 'POST', url, payload, headers })

export const fields = (email: string, password = PASSWORD) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })

export const isByPhone = (app: FastifyInstance): boolean => app.twoFactor.secondFactor.claim.key === 'phone-verified'

/** A name that nobody has signed up with. */
export const newLogin = (app: FastifyInstance): string => isByPhone(app) ? newPhoneNumber() : `${randomUUID()}@example.com`

/** A new account; the first factor has passed, nothing else. */
export async function newUser (app: FastifyInstance, manner: Manner = USUAL): Promise<SignedInUser> {
  const phoneNumber = newPhoneNumber()
  const email = isByPhone(app) ? phoneNumber : `${randomUUID()}@example.com`
  const session = createClient(app, manner)
  const response = await post(session, '/auth/signup', fields(email))
  const user = { session, email, password: PASSWORD, phoneNumber, userId: userIdOf(response) }
  const { enrol } = wayOf(app)
  if (enrol === undefined) return user
  await enrol(user)
  return await withPassword(app, user, manner)
}

/** Another session of this account, by its password alone: what a thief of the password has. */
export async function withPassword (app: FastifyInstance, user: SignedInUser, manner: Manner = USUAL): Promise<SignedInUser> {
  const session = createClient(app, manner)
  const response = await post(session, '/auth/signin', fields(user.email, user.password))
  return { ...user, session, userId: userIdOf(response) }
}

/** A new account with both factors passed. */
export async function finishedUser (app: FastifyInstance, manner: Manner = USUAL): Promise<SignedInUser> {
  const user = await newUser(app, manner)
  await passFactor(app, user)
  return user
}

const enrolled = new WeakMap<FastifyInstance, Promise<SignedInUser>>()

/** Another session, by the password alone, of an account with a phone: the same account each time, which no attack may wear out. */
export async function enrolledUser (app: FastifyInstance, manner: Manner = USUAL): Promise<SignedInUser> {
  const user = enrolled.get(app) ?? finishedUser(app)
  enrolled.set(app, user)
  return await withPassword(app, await user, manner)
}

function userIdOf (response: LightMyRequestResponse): string {
  const body = response.json<{ status: string, user: { id: string } }>()
  if (body.status !== 'OK') throw new Error(`first factor answered ${response.statusCode} ${response.body}`)
  return body.user.id
}

interface AccessToken {
  sub: string
  sessionHandle: string
  tId: string
  [claim: string]: unknown
}

export const accessTokenOf = ({ cookies, tokens }: TestSession): string => cookies.get('sAccessToken') ?? tokens.get('st-access-token') ?? ''

export const refreshTokenOf = ({ cookies, tokens }: TestSession): string => cookies.get('sRefreshToken') ?? tokens.get('st-refresh-token') ?? ''

export function payloadOf (session: TestSession): AccessToken {
  return JSON.parse(Buffer.from(accessTokenOf(session).split('.')[1] ?? '', 'base64url').toString()) as AccessToken
}

/** A code that is not the one of this challenge. */
export const wrongOf = ({ userInputCode }: { userInputCode: string }): string => userInputCode === '000000' ? '000001' : '000000'

/** Whether this client is in: what every attack is after. */
export const isIn = async (session: TestSession): Promise<boolean> => (await session.inject('/me')).statusCode === 200

export async function assertOut (t: Test, session: TestSession, what = 'the second factor is not passed'): Promise<void> {
  const { statusCode } = await session.inject('/me')
  t.ok(statusCode === 401 || statusCode === 403, `${what}: /me answers ${statusCode}`)
}
