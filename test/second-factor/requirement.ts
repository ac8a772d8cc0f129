import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { fastify2fa, require2FA, verifySession, type SecondFactorRequirement } from '../../src/index.js'
import type { SignedInUser } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

/** An app with this rule, a page for whoever is signed in well enough, and one that always asks for the second factor. */
export async function buildWith (t: Test, secondFactorRequired: SecondFactorRequirement): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, sms: { provider: 'log' }, secondFactorRequired })
  app.get('/page', { preHandler: verifySession() }, async () => 'in')
  app.get('/vault', { preHandler: require2FA }, async () => 'in')
  await app.ready()
  return app
}

/** The status of the page, asked twice, since the guard remembers tokens. */
export async function pageOf ({ session }: SignedInUser): Promise<number> {
  const [cold, warm] = [await session.inject('/page'), await session.inject('/page')]
  if (cold.statusCode !== warm.statusCode) throw new Error(`${cold.statusCode}, then ${warm.statusCode}`)
  return cold.statusCode
}

export const vaultOf = async ({ session }: SignedInUser): Promise<number> => (await session.inject('/vault')).statusCode

export async function nextOf ({ session }: SignedInUser): Promise<string[]> {
  return (await session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json<{ factors: { next: string[] } }>().factors.next
}
