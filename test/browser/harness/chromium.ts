import { existsSync } from 'node:fs'
import type * as playwright from 'playwright-core'
import t from 'tap'
import { load } from './packages.js'

const { chromium } = load('playwright-core') as typeof playwright
const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium'

// Names below .test are this machine's, and no other is found: no page reaches the network.
const RESOLVER = 'MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', `--host-resolver-rules=${RESOLVER}`
]

let browser: Promise<playwright.Browser> | undefined

/** The Chromium of this process, started when a page is first wanted, and ended with the tests. */
export async function openChromium (): Promise<playwright.Browser> {
  if (!existsSync(PROGRAM)) {
    throw new Error(`There is no Chromium at ${PROGRAM}. Install it (Debian: apt-get install chromium), or name the program in the variable CHROMIUM.`)
  }
  if (browser === undefined) {
    browser = chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS })
    t.teardown(async () => { await (await browser)?.close() })
  }
  return await browser
}
