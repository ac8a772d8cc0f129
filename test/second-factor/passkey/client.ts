import type { FastifyInstance } from 'fastify'
import { createTestSession, signUp, type SignedInUser } from '../../../src/testing/index.js'
import { createAuthenticator, type Manipulated, type SoftAuthenticator, type SoftAuthenticatorOptions } from './authenticator.js'

export interface PasskeyAnswer {
  statusCode: number
  status?: string
  code?: string
  message?: string
  id?: string
  recoveryCodes?: string[]
  options: {
    challenge: string
    rp: { id: string, name: string }
    rpId: string
    user: { id: string, name: string }
    allowCredentials: { id: string, transports: string[] }[]
    excludeCredentials: { id: string }[]
    pubKeyCredParams: { alg: number }[]
    authenticatorSelection: object
    attestation: string
    userVerification: string
  }
}

export async function post ({ session }: Pick<SignedInUser, 'session'>, path: string, payload: object = {}): Promise<PasskeyAnswer> {
  const response = await session.inject({ method: 'POST', url: `/auth/passkey/${path}`, payload })
  return { statusCode: response.statusCode, ...response.json<object>() } as PasskeyAnswer
}

export const askToRegister = (user: SignedInUser, name?: string): Promise<PasskeyAnswer> => post(user, 'register/options', { name })
export const askToVerify = (user: SignedInUser): Promise<PasskeyAnswer> => post(user, 'verify/options')

/** Registers a passkey as a page does. */
export async function register (user: SignedInUser, authenticator: SoftAuthenticator, { name, ...wrong }: Manipulated & { name?: string } = {}): Promise<PasskeyAnswer> {
  const asked = await askToRegister(user, name)
  return asked.status === 'OK' ? await post(user, 'register', { credential: authenticator.create(asked.options, wrong) }) : asked
}

/** An account whose first factor is a passkey, in the session that registered it. */
export async function withPasskey (app: FastifyInstance, options: SoftAuthenticatorOptions = {}): Promise<{ alice: SignedInUser, authenticator: SoftAuthenticator }> {
  const alice = await signUp(app)
  const authenticator = createAuthenticator(options)
  const { status } = await register(alice, authenticator)
  if (status !== 'OK') throw new Error(`registering answered ${status}`)
  return { alice, authenticator }
}

/** Signs in with a passkey as a page does. */
export async function verify (user: SignedInUser, authenticator: SoftAuthenticator, wrong: Manipulated = {}): Promise<PasskeyAnswer> {
  const asked = await askToVerify(user)
  return asked.status === 'OK' ? await post(user, 'verify', { credential: authenticator.get(asked.options, wrong) }) : asked
}

export const isIn = async ({ session }: Pick<SignedInUser, 'session'>): Promise<boolean> => (await session.inject('/me')).statusCode === 200

export interface Listed { id: string, name?: string, createdAt: number, lastUsedAt?: number }

export const list = async ({ session }: SignedInUser): Promise<Listed[]> => (await session.inject('/auth/passkey/list')).json<{ passkeys: Listed[] }>().passkeys

/** A browser without a session. */
export const stranger = (app: FastifyInstance) => ({ session: createTestSession(app) })

export const askToSignIn = (one: Pick<SignedInUser, 'session'>): Promise<PasskeyAnswer> => post(one, 'signin/options')

/** Signs in with a passkey alone, as a page does. */
export async function signInAlone (one: Pick<SignedInUser, 'session'>, authenticator: SoftAuthenticator, wrong: Manipulated = {}): Promise<PasskeyAnswer> {
  const { options } = await askToSignIn(one)
  return await post(one, 'signin', { credential: authenticator.get(options, wrong) })
}
