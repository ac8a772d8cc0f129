import type { BrowserContext, Page } from 'playwright-core'
import { advance } from '../../../src/testing/index.js'
import { toSeconds } from '../../../src/options/duration.js'

const installed = new WeakSet<BrowserContext>()

/** Lets time pass for the service and for the page together, without waiting. */
export async function letPass (page: Page, duration: string): Promise<void> {
  advance(duration)
  const context = page.context()
  if (installed.has(context)) return await context.clock.fastForward(toSeconds(duration) * 1000)
  installed.add(context)
  await context.clock.install({ time: Date.now() })
}
