import type { AddressInfo } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/load.js'
import { joinPaths } from '../options/auth-path.js'
import { libraryOptions } from '../options/library-options.js'
import { resolveOptions } from '../options/resolve.js'
import { clockStepsOf, collectFacts } from './collect-facts.js'
import devRoutes from './dev-routes.js'
import { openSite, type Site } from './site.js'
import welcomeRoutes, { type Served } from './welcome.js'

/**
 * A page to try everything on, served as the first website. It is for development: neither the package nor the
 * container has this folder, so production cannot serve it by mistake.
 *
 * Wherever it cannot be served, the log and `/` of the service say why, and the service runs without it.
 */
async function playgroundPlugin (app: FastifyInstance, { config }: { config: Config }): Promise<void> {
  const prefix = joinPaths(config.options.routesPath)
  const resolved = resolveOptions(libraryOptions(config.options))
  const [website] = resolved.appInfo.websiteDomains
  const served: Served = { website, reason: 'it is starting' }
  let opening: Promise<Site | undefined> | undefined

  async function open (): Promise<Site | undefined> {
    const { port } = app.server.address() as AddressInfo
    try {
      const site = await openSite({ website, facts: collectFacts(app, resolved, prefix, port), provider: config.playground?.provider === true, log: app.log })
      served.reason = undefined
      app.log.info(`open ${website} in a browser to try everything`)
      return site
    } catch (error) {
      served.reason = (error as Error).message
      app.log.info(`the playground is not served: ${served.reason}`)
      return undefined
    }
  }

  await app.register(welcomeRoutes, { prefix, config, served })
  await app.register(devRoutes, { prefix, steps: clockStepsOf(resolved) })
  // The pages call this service, so they open after it and close before it.
  let closing = false
  // A signal during the start closes the service before it listens.
  app.addHook('onListen', async () => { if (!closing) await (opening = open()) })
  app.addHook('preClose', async () => {
    closing = true
    await (await opening)?.close()
  })
}

export default fp(playgroundPlugin, { name: 'fastify-2fa/playground', fastify: '5.x' })
