import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { service, type ServiceOptions } from '../src/app.js'
import { startTestCore, type TestCore } from '../src/testing/index.js'

let core: Promise<TestCore> | undefined

/** The Core of this test file; the SDK is one per process, and so is this. */
export async function testCore (): Promise<TestCore> {
  if (core === undefined) {
    core = startTestCore()
    t.teardown(async () => { await (await core)?.close() })
  }
  return await core
}

/** The whole service, ready and closed with the test. All apps of a file take the same options. */
export async function build (test: Test, options: ServiceOptions = {}, server: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, ...server })
  test.teardown(() => app.close())
  // A busy machine is late now and then, which is what under-pressure.test.ts is about.
  await app.register(service, { ...(await testCore()).options, maxEventLoopDelay: 0, ...options })
  await app.ready()
  return app
}
