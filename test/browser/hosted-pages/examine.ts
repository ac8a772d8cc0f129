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

async function factsOf (page: Page) {
  return await page.evaluate(() => ({
    heading: document.querySelector('h1')?.textContent,
    language: document.documentElement.lang,
    told: [...document.querySelectorAll('[role=alert]:not([hidden]), [role=status]')].map((element) => element.getAttribute('role')).join(' '),
    width: innerWidth,
    // The browser tells the length of a body also where it has not sent for it again. 300 bytes stand for headers.
    weight: performance.getEntries().filter((entry) => entry instanceof PerformanceResourceTiming).reduce((sum, { encodedBodySize }) => sum + encodedBodySize + 300, 0)
  }))
}

/** What leaves the screen, and what lies upon each other, in the direction of the language and in the other one. */
async function misplaced (page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const root = document.documentElement
    const other = root.dir === 'rtl' ? 'ltr' : 'rtl'

    function misplacedNow (): string[] {
      const shown = [...document.querySelectorAll('h1, h2, p, label, input:not([type=hidden]), button, a, img, code, time, li strong')]
        .map((element) => ({ element, box: element.getBoundingClientRect(), text: `${root.dir} ${element.textContent.trim().slice(0, 40) || element.id}` }))
        .filter(({ box }) => box.width > 0 && box.height > 0)
      const outside = shown.filter(({ box }) => box.left < -1 || box.right > innerWidth + 1).map(({ text }) => `outside: ${text}`)
      const overlaps = shown.flatMap((one, index) => shown.slice(index + 1)
        .filter((two) => !one.element.contains(two.element) && !two.element.contains(one.element))
        .filter(({ box }) => Math.min(one.box.right, box.right) - Math.max(one.box.left, box.left) > 1 && Math.min(one.box.bottom, box.bottom) - Math.max(one.box.top, box.top) > 1)
        .map((two) => `one upon the other: ${one.text}, ${two.text}`))
      return [...(root.scrollWidth > innerWidth ? ['scrolls sideways'] : []), ...outside, ...overlaps]
    }

    const found = misplacedNow()
    const usual = root.dir
    root.dir = other
    found.push(...misplacedNow())
    root.dir = usual
    return found
  })
}

async function checkLayout (t: Test, page: Page, name: string, width: number): Promise<void> {
  const usual = page.viewportSize()!
  if (width !== NARROWEST) await page.setViewportSize({ width: NARROWEST, height: usual.height })
  t.same(await misplaced(page), [], `${name} fits a narrow screen, from either side`)
  if (width !== NARROWEST) await page.setViewportSize(usual)
}

/** The other scheme has other colours, and nothing else. */
async function checkOtherScheme (t: Test, page: Page): Promise<void> {
  const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
  await page.emulateMedia({ colorScheme: isDark ? 'light' : 'dark' })
  await checkAccessibility(t, page, ['color-contrast'])
  await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' })
}

/** What holds for every page, whoever sees it. */
export async function examine (t: Test, page: Page, { language, hasScripts }: Visit): Promise<void> {
  const facts = await factsOf(page)
  const path = new URL(page.url()).pathname
  const place = `${path} ${facts.told}`
  if (facts.heading === undefined || !isNew(`${place} ${facts.heading}`)) return
  t.ok(facts.weight <= HEAVIEST, `${place} weighs ${facts.weight} bytes`)
  t.equal(facts.language, language)
  await checkLayout(t, page, place, facts.width)
  if (!hasScripts) return
  if (isNew(place)) await checkAccessibility(t, page)
  if (isNew(path)) await checkOtherScheme(t, page)
}
