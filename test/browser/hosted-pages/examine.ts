import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { checkAccessibility } from '../harness/accessibility.js'

/** Bytes of a page with all that it loads. */
const HEAVIEST = 60_000
/** CSS pixels (WCAG 2.2, 1.4.10 Reflow). */
const NARROWEST = 320

interface Visit {
  language: string
  /** axe-core is a script. */
  hasScripts: boolean
}

/** What was examined already: a page is seen by many tests. */
const examined = new Set<string>()

function isNew (what: string): boolean {
  if (examined.has(what)) return false
  examined.add(what)
  return true
}

/** The browser adds the length of the headers itself, where it has sent for a file. */
const weightOf = async (page: Page): Promise<number> => await page.evaluate(() => performance.getEntries()
  .filter((entry): entry is PerformanceResourceTiming => entry instanceof PerformanceResourceTiming)
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize + 300, 0))

/** What leaves the screen, and what lies upon each other. */
async function misplaced (page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const all = [...document.querySelectorAll('h1, h2, p, label, input:not([type=hidden]), button, a, img, code, time, li strong')]
    const shown = all.map((element) => ({ element, box: element.getBoundingClientRect(), text: element.textContent.trim().slice(0, 40) || element.id }))
      .filter(({ box }) => box.width > 0 && box.height > 0)
    const outside = shown.filter(({ box }) => box.left < -1 || box.right > innerWidth + 1).map(({ text }) => `outside: ${text}`)
    const overlaps = shown.flatMap((one, index) => shown.slice(index + 1)
      .filter((other) => !one.element.contains(other.element) && !other.element.contains(one.element))
      .filter(({ box }) => Math.min(one.box.right, box.right) - Math.max(one.box.left, box.left) > 1 && Math.min(one.box.bottom, box.bottom) - Math.max(one.box.top, box.top) > 1)
      .map((other) => `one upon the other: ${one.text}, ${other.text}`))
    return [...document.documentElement.scrollWidth > innerWidth ? ['scrolls sideways'] : [], ...outside, ...overlaps]
  })
}

/** A narrow screen, in the direction of the language and the other one. */
async function checkLayout (t: Test, page: Page, name: string): Promise<void> {
  const usual = page.viewportSize()!
  await page.setViewportSize({ width: NARROWEST, height: usual.height })
  t.same(await misplaced(page), [], `${name} fits a narrow screen`)
  await page.evaluate(() => { document.documentElement.dir = document.documentElement.dir === 'rtl' ? 'ltr' : 'rtl' })
  t.same(await misplaced(page), [], `${name} fits it from the other side, too`)
  await page.evaluate(() => { document.documentElement.dir = document.documentElement.dir === 'rtl' ? 'ltr' : 'rtl' })
  await page.setViewportSize(usual)
}

/** In light and dark. */
async function checkSchemes (t: Test, page: Page): Promise<void> {
  const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
  await checkAccessibility(t, page)
  await page.emulateMedia({ colorScheme: isDark ? 'light' : 'dark' })
  await checkAccessibility(t, page, ['color-contrast'])
  await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' })
}

/** What holds for every page, whoever sees it. */
export async function examine (t: Test, page: Page, { language, hasScripts }: Visit): Promise<void> {
  const path = new URL(page.url()).pathname
  const heading = await page.locator('h1').count() === 0 ? '' : await page.locator('h1').textContent()
  const roles = await page.locator('[role=alert], [role=status]').evaluateAll((elements) => elements.map((element) => element.getAttribute('role')).join())
  const name = `${path} ${heading} ${roles}`
  if (heading === '' || !isNew(`${name} ${language}`)) return
  const weight = await weightOf(page)
  t.ok(weight <= HEAVIEST, `${name} weighs ${weight} bytes`)
  t.equal(await page.locator('html').getAttribute('lang'), language)
  await checkLayout(t, page, name)
  if (hasScripts && isNew(`${path} ${roles}`)) await checkSchemes(t, page)
}
