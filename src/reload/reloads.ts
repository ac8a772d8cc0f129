import type { FastifyInstance } from 'fastify'
import type { MetricsEndpoint } from '../metrics/options.js'
import type { Fastify2faOptions } from '../options/options.js'
import { share } from '../two-factor.js'

declare module '../two-factor.js' {
  interface TwoFactor extends Readonly<Reloads> {}
}

/** The options that can change while the app runs. What is left out stays as it is. */
export interface ReloadableOptions extends Pick<Fastify2faOptions, 'core' | 'sms' | 'mail' | 'thirdPartyProviders' | 'leakedPasswords' | 'factorKeys' | 'signingKeys' | 'serviceClients' | 'admin' | 'forwardAuth' | 'eventReceiver' | 'audit' | 'limits'> {
  /** Of `metricsRoutes`. */
  metricsEndpoint?: Pick<MetricsEndpoint, 'key'>
}

/** Puts in place what was prepared. It must not fail: whatever can fail belongs into the step. */
export type Commit = () => void | Promise<void>

/**
 * Checks new options, and prepares what they need.
 *
 * @param inForce these, and what earlier reloads have put in place: a secret of one caller must not be that of another
 * @throws if they cannot be used
 */
export type ReloadStep = (options: ReloadableOptions, inForce: ReloadableOptions) => Commit | void | Promise<Commit | void>

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
  let reloaded: ReloadableOptions = {}

  async function run (options: ReloadableOptions): Promise<void> {
    const inForce = { ...reloaded, ...options }
    const commits: Commit[] = []
    for (const step of steps) {
      const commit = await step(options, inForce)
      if (commit !== undefined) commits.push(commit)
    }
    for (const commit of commits) await commit()
    reloaded = inForce
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
