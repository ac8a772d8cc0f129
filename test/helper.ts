import Fastify, { type FastifyInstance, type FastifyServerOptions, type InjectOptions, type LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { service, type ServiceOptions } from '../src/app.js'
import { startTestCore, type TestCore } from '../src/testing/index.js'

let core: Promise<TestCore> | undefined

/** The Core of this test file, as its SDK is. Files that share a process have one after the other. */
export async function testCore (): Promise<TestCore> {
  if (core === undefined) {
    core = startTestCore()
    t.teardown(async () => {
      await (await core)?.close()
      core = undefined
    })
  }
  return await core
}

/** Builds the whole service, ready, and closes it with the test. All apps of a file take the same options. */
export async function build (test: Test, options: ServiceOptions = {}, server: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, ...server })
  test.teardown(() => app.close())
  // The event loop may lag on a busy machine. under-pressure.test.ts tests that limit.
  await app.register(service, { ...(await testCore()).options, maxEventLoopDelay: 0, ...options })
  await app.ready()
  const inject = app.inject.bind(app) as (request: InjectOptions | string) => Promise<LightMyRequestResponse>
  // Links are sent after the answer, and tests read them right after it.
  app.inject = (async (request: InjectOptions | string) => {
    const response = await inject(request)
    await app.twoFactor.delivered()
    return response
  }) as typeof app.inject
  return app
}
