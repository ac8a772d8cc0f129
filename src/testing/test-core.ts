import { createEmbeddedCore, type EmbeddedCore } from '../embedded-core/index.js'
import { resetClock } from './clock.js'
import type { CoreFetch } from '../core-fetch.js'
import type { RemoteCoreOptions } from '../options/connections.js'
import type { Fastify2faOptions } from '../options/options.js'

/** An in-memory Core for tests. It has no port. */
export interface TestCore extends RemoteCoreOptions {
  /** Options for `fastify2fa`: this Core, and senders that fill `app.twoFactor.outbox`. */
  readonly options: Fastify2faOptions
  /** Calls the Core itself: `core.fetch(core.connectionURI + '/users/count')`. */
  readonly fetch: CoreFetch
  /** Ends the Core, and sets the clock right if `advance` has moved it. */
  close (): Promise<void>
}

/**
 * Starts an in-memory Core. supertokens-node is a singleton, so all apps of a test file share one Core:
 *
 * ```ts
 * const core = await startTestCore()
 * await app.register(fastify2fa, core.options)
 * ```
 */
export async function startTestCore (config: Record<string, string | number | boolean> = {}): Promise<TestCore> {
  // bcrypt's minimum number of rounds: tests need not protect passwords. Nor is any of them too long in the queue.
  const core: EmbeddedCore = await createEmbeddedCore({ port: false, config: { bcrypt_log_rounds: 4, ...config }, maxHashWait: 0, logger: false })
  const connection = { connectionURI: core.connectionURI, ...(core.apiKey !== undefined && { apiKey: core.apiKey }) }
  return {
    ...connection,
    fetch: core.fetch,
    // Tests sign in and request codes in quick succession, all from one address.
    // Tests may run with NODE_ENV=production.
    options: { production: false, core: connection, sms: { provider: 'log' }, mail: { provider: 'log' }, limits: { sends: false, signIn: false, signUps: false, mails: false } },
    async close () {
      await core.close()
      resetClock()
    }
  }
}
