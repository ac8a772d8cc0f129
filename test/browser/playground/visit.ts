import type { BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { openPrivate } from '../harness/chromium.js'
import { watch, type Allowed } from '../harness/watch.js'

/** What the page asks on purpose: routes that refuse. */
const REFUSED: Allowed[] = [/^(401|403) \/examples\//]

/** Opens the playground in a browser of its own, and fails for errors in the console. */
export async function openPlayground (t: Test, website: string, { allow = [], ...options }: BrowserContextOptions & { allow?: Allowed[] } = {}): Promise<Page> {
  const context = await openPrivate(options)
  const page = await context.newPage()
  const problems = watch(page, [...REFUSED, ...allow])
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${page.url()}\n${await page.locator('body').ariaSnapshot().catch(String)}`)
    await context.close()
    if (problems.length > 0) throw new Error(`The page met what its test does not allow:\n${problems.join('\n')}`)
  })
  await page.goto(website)
  await page.locator('body[data-ready]').waitFor()
  return page
}

/** Waits for the step that the page shows as the current one. */
export async function atStep (page: Page, name: 'Password' | 'Code' | 'Open'): Promise<void> {
  await page.locator('#steps [aria-current=step]', { hasText: name }).waitFor()
}

/** The page does one thing at a time. */
async function idle (page: Page): Promise<void> {
  await page.locator('body:not([data-busy])').waitFor()
}

export async function press (page: Page, name: string | RegExp): Promise<void> {
  await idle(page)
  await page.getByRole('button', { name, exact: true }).click()
}

/** Lets time pass for the service; afterwards what is beside the buttons is of the new time. */
export async function moveClock (page: Page, name: string | RegExp): Promise<void> {
  const moved = page.waitForResponse((response) => response.url().endsWith('/dev/clock') && response.request().method() === 'POST')
  await press(page, name)
  await moved
  await told(page, 'tools', 'For the service it is')
  await idle(page)
}

/** Opens a guarded route with its button; resolves to what stands beside it. */
export async function openRoute (page: Page, name: string): Promise<string> {
  const output = page.getByLabel(`Answer of /examples/${name}`, { exact: true })
  // Not the answer that was beside it before.
  const answered = page.waitForResponse((response) => response.url().endsWith(`/examples/${name}`))
  await press(page, `Open /examples/${name}`)
  await answered
  await idle(page)
  await output.filter({ hasText: /^\d{3} / }).waitFor()
  return (await output.textContent())!
}

/** Waits for a text below one of the cards. */
export async function told (page: Page, card: 'password' | 'code' | 'tools', text: string | RegExp): Promise<void> {
  await page.locator(`#${card}-message`, { hasText: text }).waitFor()
}

/** Fills in the newest code with a click, and enters it. */
export async function useNewestCode (page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Use \d+$/ }).first().click()
  await press(page, 'Enter')
}
