import Fastify, { type FastifyInstance } from 'fastify'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { service, type ServiceOptions } from '../../../src/app.js'
import type { OutboxEntry } from '../../../src/delivery/sender.js'
// For the type of app.twoFactor.
import type {} from '../../../src/index.js'
import { createCertificate } from '../../delivery/mail/certificate.js'
import { freePort } from '../../free-port.js'
import { testCore } from '../../helper.js'
import { openPrivate, openTolerant } from './chromium.js'
import { refusals, type Refuse } from './refusals.js'
import { FRONTENDS, serveSite, type Certificate, type Frontend } from './site.js'
import { watch, type Allowed } from './watch.js'

/** What the frontends read (`frontends/shared/config.js`). */
export interface FrontendConfig {
  /** Mode of the stock page for e-mail verification. @default the frontend has no such recipe */
  emailVerification?: 'REQUIRED' | 'OPTIONAL'
  /** Whether the claim of the second factor comes before those of other recipes, as in the demo. @default 'first' */
  claimOrder?: 'first' | 'last'
  /** @default that of SuperTokens' frontends, cookies */
  tokenTransferMethod?: 'cookie' | 'header'
}

export interface OpenOptions {
  /** @default '/' */
  path?: string
  /** @default the prebuilt one of the service's first factor */
  frontend?: Frontend
  config?: FrontendConfig
  /** What the page may meet without failing the test. */
  allow?: Allowed[]
  /** Opens a second tab beside this page, with its cookies. */
  beside?: Page
  /** Whether the browser takes cookies of other sites. @default false, as in private windows, Safari and Firefox */
  foreignCookies?: boolean
  /** Playwright's options: `viewport`, `reducedMotion`, `locale` and so on. */
  browser?: BrowserContextOptions
}

/** A service that listens, the sites that use it, and a browser. */
export interface Stage {
  app: FastifyInstance
  /** Origin of the service. */
  api: string
  /** Origins of the sites. */
  websites: Record<Frontend, string>
  /** Opens a page. The test fails if the page meets what `allow` does not name. */
  open (t: Test, options?: OpenOptions): Promise<Page>
  /** The newest message to somebody, or to anybody, with its `code` or `link`. */
  newest (to?: string): Promise<OutboxEntry>
  /** Makes the service refuse the next request to a path in a chosen way. */
  refuse: Refuse
}

/** Where service and sites are. */
interface Place { api: string, website: string, certificate?: Certificate }

const ONE_MACHINE: Place = { api: 'http://localhost', website: 'http://localhost' }

/** To a browser, these are two sites. Their cookies need https. */
export const TWO_SITES: Place = { api: 'https://api.auth.test', website: 'https://shop.test', certificate: createCertificate() }

/**
 * Starts the service with these options, and a site for each frontend. supertokens-node is one per process, so a file
 * starts one stage, outside its subtests.
 */
export async function startStage (t: Test, options: ServiceOptions = {}, place: Place = ONE_MACHINE): Promise<Stage> {
  const [apiPort, ...ports] = await Promise.all(Array.from({ length: FRONTENDS.length + 1 }, freePort)) as [number, ...number[]]
  const api = `${place.api}:${apiPort}`
  const websites = Object.fromEntries(FRONTENDS.map((name, index) => [name, `${place.website}:${ports[index]}`])) as Record<Frontend, string>
  const stock: Frontend = options.firstFactor === 'phone-password' ? 'prebuilt-phone' : 'prebuilt-email'

  const app = Fastify({ logger: false, https: place.certificate ?? null }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  const refuse = refusals(app)
  await app.register(service, {
    ...(await testCore()).options,
    maxEventLoopDelay: 0,
    ...options,
    appInfo: { apiDomain: api, websiteDomains: [websites[stock], ...Object.values(websites)], ...options.appInfo }
  })
  await app.listen({ port: apiPort, host: '127.0.0.1' })
  for (const [index, name] of FRONTENDS.entries()) {
    const site = await serveSite(name, ports[index]!, place.certificate)
    t.teardown(() => site.close())
  }

  return {
    app,
    api,
    websites,
    refuse,
    async open (t, { path = '/', frontend = stock, allow = [], beside, ...rest } = {}) {
      const website = websites[frontend]
      const config = { apiDomain: api, websiteDomain: website, firstFactor: options.firstFactor ?? 'email-password', ...rest.config }
      const context = beside?.context() ?? await newContext(t, config, rest)
      const page = await context.newPage()
      const problems = watch(page, allow)
      t.teardown(async () => {
        if (!t.passing()) t.comment(`${page.url()}\n${await page.locator('body').ariaSnapshot().catch(String)}`)
        if (problems.length > 0) throw new Error(`The page met what its test does not allow:\n${problems.join('\n')}`)
      })
      await page.goto(website + path)
      return page
    },
    async newest (to) {
      await app.twoFactor.delivered()
      const entry = app.twoFactor.outbox.last(to)
      if (entry === undefined) throw new Error(`There is no message to ${to ?? 'anybody'}`)
      return entry
    }
  }
}

async function newContext (t: Test, config: object, { browser, foreignCookies = false }: OpenOptions): Promise<BrowserContext> {
  const options = { ignoreHTTPSErrors: true, reducedMotion: 'no-preference' as const, ...browser }
  const context = await (foreignCookies ? openTolerant(t, options) : openPrivate(options))
  t.teardown(() => context.close())
  // On a busy machine a page may take long. What never comes fails all the same.
  context.setDefaultTimeout(60_000)
  await context.addInitScript(`globalThis.testConfig = ${JSON.stringify(config)}`)
  return context
}
