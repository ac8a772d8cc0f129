import { existsSync } from 'node:fs'
import type * as playwright from 'playwright-core'
import t, { type Test } from 'tap'
import { load } from './packages.js'

const { chromium } = load('playwright-core') as typeof playwright
const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium'

// Names below .test are this machine's, and no other is found: no page reaches the network.
const RESOLVER = 'MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', `--host-resolver-rules=${RESOLVER}`
]

const launch = (): playwright.LaunchOptions => {
  if (existsSync(PROGRAM)) return { executablePath: PROGRAM, args: ARGUMENTS }
  throw new Error(`There is no Chromium at ${PROGRAM}. Install it (Debian: apt-get install chromium), or name the program in the variable CHROMIUM.`)
}

let browser: Promise<playwright.Browser> | undefined

/** The Chromium of this process, started when a page is first wanted, and ended with the tests. */
async function openChromium (): Promise<playwright.Browser> {
  if (browser === undefined) {
    browser = chromium.launch(launch())
    t.teardown(async () => { await (await browser)?.close() })
  }
  return await browser
}

/** A private window. Chromium refuses the cookies of other sites there. */
export async function openPrivate (options: playwright.BrowserContextOptions): Promise<playwright.BrowserContext> {
  return await (await openChromium()).newContext(options)
}

const TAKES_FOREIGN_COOKIES = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }

/** A Chromium whose settings allow the cookies of other sites. */
export async function openTolerant (t: Test, options: playwright.BrowserContextOptions): Promise<playwright.BrowserContext> {
  const profile = t.testdir({ Default: { Preferences: JSON.stringify(TAKES_FOREIGN_COOKIES) } })
  return await chromium.launchPersistentContext(profile, { ...launch(), ...options })
}
