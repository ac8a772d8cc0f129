import type { FastifyInstance } from 'fastify'

/**
 * Closes an app whose boot fails. Fastify still serves it then to whoever calls `inject` a second time, as adapters for
 * serverless platforms do, although guards or whole plugins may be missing; and an embedded Core would go on running.
 *
 * @returns begins to close the app
 */
export function closeOnFailedBoot (app: FastifyInstance): () => void {
  const boot = app.ready.bind(app) as () => PromiseLike<unknown>
  const refusing = new Promise<void>((resolve) => {
    app.addHook('preClose', (done) => { resolve(); done() })
  })
  let closing: Promise<void> | undefined

  function close (): void {
    closing ??= app.close().catch((err: unknown) => { app.log.error({ err }, 'the app could not be closed after its boot had failed') })
  }

  async function ready (): Promise<unknown> {
    try {
      return await boot()
    } catch (err) {
      close()
      // Until it takes no more requests, but not until all is closed: a hook that hangs would hide why it has failed.
      await refusing
      throw err
    }
  }

  app.ready = function (done?: (err: Error | null, app?: FastifyInstance) => void): unknown {
    const booted = ready()
    if (done === undefined) return booted
    booted.then(() => { done(null, app) }, done)
    return undefined
  } as FastifyInstance['ready']
  return close
}
