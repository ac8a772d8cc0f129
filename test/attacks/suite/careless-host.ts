import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import type { Test } from 'tap'
import { fastify2fa, type Fastify2faOptions } from '../../../src/index.js'
import type { TestCore } from '../../../src/testing/index.js'
import { testCore } from '../../helper.js'

/** A host as it is often written: without `await`, and in JavaScript. */
export type Host = (app: FastifyInstance, load: (scope: FastifyInstance, more?: Fastify2faOptions) => void) => void

/** What JavaScript lets one write. */
export const loose = (options: object): RouteOptions => options as RouteOptions
export const secret = async () => 'secret'
export const who = async ({ session }: { session: { getUserId (): string } | undefined }) => session?.getUserId()

let core: TestCore

/** Starts the Core of a test file, which calls this first: hosts that do not wait cannot. */
export async function startCore (): Promise<void> {
  core = await testCore()
}

export function build (t: Test, host: Host, app: FastifyInstance = Fastify({ logger: false })): FastifyInstance {
  t.teardown(() => app.close())
  host(app, (scope, more) => { scope.register(fastify2fa, { ...core.options, ...more }) })
  return app
}

export async function listen (app: FastifyInstance): Promise<string> {
  return await app.listen({ host: '127.0.0.1', port: 0 })
}

/** The boot fails, and who goes on regardless, as adapters for serverless platforms do, gets nothing either. */
export async function refusesToBoot (t: Test, host: Host, error: { code: string, message: RegExp }, name: string): Promise<void> {
  const app = build(t, (app, load) => {
    try {
      host(app, load)
    } catch (err) {
      app.register(async () => { throw err })
    }
  })
  await t.rejects(listen(app), error, name)
  for (let i = 0; i < 2; i++) {
    const served = await app.inject('/orders').then(({ statusCode }) => statusCode, () => undefined)
    t.not(served, 200, name)
  }
}
