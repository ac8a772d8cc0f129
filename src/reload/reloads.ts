import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../options/options.js'
import { share } from '../two-factor.js'

declare module '../two-factor.js' {
  interface TwoFactor extends Readonly<Reloads> {}
}

/** The options that can change while the app runs. What is left out stays as it is. */
export type ReloadableOptions = Pick<Fastify2faOptions, 'core' | 'sms' | 'mail' | 'thirdPartyProviders' | 'signingKeys' | 'serviceClients' | 'forwardAuth' | 'eventReceiver' | 'limits'>

/** Puts in place what was prepared. It must not fail: whatever can fail belongs into the step. */
export type Commit = () => void | Promise<void>

/** Checks new options, and prepares what they need. @throws if they cannot be used */
export type ReloadStep = (options: ReloadableOptions) => Commit | void | Promise<Commit | void>

export interface Reloads {
  /**
   * Takes part in every reload. The step prepares, and what it returns puts that in place once every step has prepared:
   * if one of them throws, nothing changes anywhere.
   *
   * @example
   * app.twoFactor.onReload(() => () => { logFile.reopen() })
   */
  onReload (step: ReloadStep): void
  /**
   * Puts new secrets in place while requests go on. Reloads run one after another.
   *
   * @throws what the first step threw that could not use the options; nothing has changed then
   */
  reload (options?: ReloadableOptions): Promise<void>
}

export function createReloads (): Reloads {
  const steps: ReloadStep[] = []
  let last: Promise<void> = Promise.resolve()

  async function run (options: ReloadableOptions): Promise<void> {
    const commits: Commit[] = []
    for (const step of steps) {
      const commit = await step(options)
      if (commit !== undefined) commits.push(commit)
    }
    for (const commit of commits) await commit()
  }

  return {
    onReload (step) { steps.push(step) },
    async reload (options = {}) {
      const turn = last.then(async () => { await run(options) })
      last = turn.catch(() => {})
      await turn
    }
  }
}

/** Takes part in the reloads of an app. Whoever comes first brings them: hosts may register any of the plugins. */
export function onReload (app: FastifyInstance, step: ReloadStep): void {
  if (!app.hasDecorator('twoFactor') || !('onReload' in app.twoFactor)) {
    const reloads = createReloads()
    share(app, 'onReload', reloads.onReload)
    share(app, 'reload', reloads.reload)
  }
  app.twoFactor.onReload(step)
}
