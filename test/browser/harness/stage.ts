import Fastify, { type FastifyInstance } from 'fastify'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { service, type ServiceOptions } from '../../../src/app.js'
import type { OutboxEntry } from '../../../src/delivery/sender.js'
// For the type of app.twoFactor.
import type {} from '../../../src/index.js'
import { freePort } from '../../free-port.js'
import { testCore } from '../../helper.js'
import { openChromium } from './chromium.js'
import { refusals, type Refuse } from './refusals.js'
import { FRONTENDS, serveSite, type Frontend } from './site.js'
import { watch, type Allowed } from './watch.js'

/** What the frontends read (`frontends/shared/config.js`). */
export interface FrontendConfig {
  /** Mode of the stock page for e-mail verification. @default the frontend has no such recipe */
  emailVerification?: 'REQUIRED' | 'OPTIONAL'
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

const SITES = FRONTENDS.length

/**
 * Starts the service with these options, and a site for each frontend. supertokens-node is one per process, so a file
 * starts one stage, outside its subtests.
 */
export async function startStage (t: Test, options: ServiceOptions = {}): Promise<Stage> {
  const [apiPort, ...ports] = await Promise.all(Array.from({ length: SITES + 1 }, freePort)) as [number, ...number[]]
  const api = `http://localhost:${apiPort}`
  const websites = Object.fromEntries(FRONTENDS.map((name, index) => [name, `http://localhost:${ports[index]}`])) as Record<Frontend, string>
  const stock: Frontend = options.firstFactor === 'phone-password' ? 'prebuilt-phone' : 'prebuilt-email'

  const app: FastifyInstance = Fastify({ logger: false })
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
    const site = await serveSite(name, ports[index]!)
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
      const context = beside?.context() ?? await newContext(t, await openChromium(), config, rest.browser)
      const page = await context.newPage()
      const problems = watch(page, allow)
      t.teardown(() => {
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

async function newContext (t: Test, browser: Browser, config: object, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ reducedMotion: 'no-preference', ...options })
  t.teardown(() => context.close())
  await context.addInitScript(`globalThis.testConfig = ${JSON.stringify(config)}`)
  return context
}
