import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { LightMyRequestResponse } from 'fastify'
import type { TestSession } from '../../src/testing/index.js'
import { post } from '../attacks/suite/clients.js'

export const ORIGIN = 'http://localhost:3001'

/** What a page signs, and with what. */
export interface Signing {
  purpose?: 'register' | 'prove'
  challenge: string
  session: string
  origin?: string
}

/** A browser with its key, as a page of the website uses it. */
export interface Browser {
  id: string
  publicKey: object
  sign (signing: Signing): string
}

export function newBrowser (): Browser {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return { id: '', publicKey: { kty, crv, x, y }, sign: (signing) => signatureOf(privateKey, signing) }
}

function signatureOf (key: KeyObject, { purpose, challenge, session, origin = ORIGIN }: Signing): string {
  const text = JSON.stringify(['fastify-2fa known browser', purpose, challenge, session, origin])
  return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}

export async function challengeFor (session: TestSession): Promise<{ challenge: string, session: string }> {
  const { challenge, session: id } = (await post(session, '/auth/account/browsers/challenge')).json()
  return { challenge, session: id }
}

export async function registerAs (browser: Browser, session: TestSession, name?: string): Promise<LightMyRequestResponse> {
  const signature = browser.sign({ ...await challengeFor(session), purpose: 'register' })
  const response = await post(session, '/auth/account/browsers', { publicKey: browser.publicKey, signature, origin: ORIGIN, ...(name !== undefined && { name }) })
  browser.id = response.json().id ?? browser.id
  return response
}

export async function proveAs (browser: Browser, session: TestSession): Promise<LightMyRequestResponse> {
  const signature = browser.sign({ ...await challengeFor(session), purpose: 'prove' })
  return await post(session, '/auth/account/browsers/proof', { id: browser.id, signature, origin: ORIGIN })
}
