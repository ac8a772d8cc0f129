import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { NotFound } from '../errors.js'
import { requireLocalHost } from '../local-host.js'
import { reasonAgainst } from '../config/playground.js'
import { readCode } from './code.js'
import type { Facts } from './facts.js'
import { PAGES, sdkScripts } from './root.js'

export interface Site { close (): Promise<void> }

interface SiteOptions {
  website: string
  facts: Facts
  /** Whether to serve the test provider too. */
  provider: boolean
  log: FastifyBaseLogger
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml'
}

/** Nothing inline, nothing from elsewhere, and no requests but to the service. */
const policy = (api: string): string => [
  'default-src \'none\'', 'script-src \'self\'', 'style-src \'self\'', 'img-src \'self\'', `connect-src 'self' ${api}`,
  'form-action \'self\'', 'base-uri \'none\'', 'frame-ancestors \'none\''
].join('; ')

function serveFile (app: FastifyInstance, url: string, path: string): void {
  // Read each time, so that a change shows on reload.
  app.get(url, async (_request, reply) => {
    reply.type(TYPES[extname(path)] ?? 'application/octet-stream')
    return await readFile(path)
  })
}

/** The pages, and the scripts of supertokens-web-js without the hashes in their names. */
async function serveFiles (app: FastifyInstance): Promise<void> {
  for (const name of await readdir(PAGES)) {
    if (extname(name) in TYPES) serveFile(app, `/${name}`, join(PAGES, name))
  }
  const scripts = sdkScripts()
  for (const name of await readdir(scripts)) {
    if (name.endsWith('.js')) serveFile(app, `/sdk/${name.replace(/\.[0-9a-f]+\.js$/, '.js')}`, join(scripts, name))
  }
}

async function createSite ({ website, facts, provider, log }: SiteOptions): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true })
  app.addHook('onRequest', requireLocalHost)
  app.addHook('onRequest', async (_request, reply) => {
    // On the raw response, since the provider writes to it directly.
    reply.raw.setHeader('content-security-policy', policy(facts.api))
    reply.raw.setHeader('x-content-type-options', 'nosniff')
    reply.raw.setHeader('referrer-policy', 'same-origin')
    reply.raw.setHeader('cache-control', 'no-store')
  })
  app.setNotFoundHandler((_request, reply) => { reply.send(new NotFound()) })
  app.setErrorHandler((error: { statusCode?: number, message: string }, _request, reply) => {
    const { statusCode = 500 } = error
    if (statusCode >= 500) log.error({ err: error }, 'request failed')
    reply.code(statusCode).type('text/plain; charset=utf-8').send(statusCode < 500 ? error.message : 'Something went wrong. The log of the service says what.')
  })
  await serveFiles(app)
  serveFile(app, '/', join(PAGES, 'index.html'))
  // Links in mails and providers of social logins lead here.
  serveFile(app, `${facts.websiteBasePath}/*`, join(PAGES, 'index.html'))
  app.get('/config.json', async () => facts)
  app.get('/code.json', async () => await readCode())
  if (provider) {
    const { providerRoutes } = await import('./provider.js')
    await app.register(providerRoutes, { website, callback: `${website}${facts.websiteBasePath}/callback` })
  }
  return app
}

/** Names such as `app.localhost` are for browsers, which know that they mean this machine. */
const addressOf = (hostname: string): string => hostname.endsWith('localhost') ? 'localhost' : hostname.replace(/[[\]]/g, '')

/**
 * Serves the playground as a website of this machine.
 *
 * @throws with the reason in its message, if that is not possible
 */
export async function openSite (options: SiteOptions): Promise<Site> {
  const against = reasonAgainst(options.website)
  if (against !== undefined) throw new Error(against)
  const app = await createSite(options)
  const { hostname, port } = new URL(options.website)
  try {
    await app.listen({ host: addressOf(hostname), port: Number(port || 80) })
  } catch (error) {
    await app.close()
    const { code } = error as NodeJS.ErrnoException
    throw code === 'EADDRINUSE' ? new Error(`port ${port || 80} is in use`) : error
  }
  return { close: async () => { await app.close() } }
}
