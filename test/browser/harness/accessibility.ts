import type axe from 'axe-core'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { load } from './packages.js'

const { source } = load('axe-core') as typeof axe

/**
 * Fails for what axe-core finds serious or critical, in the page as it is now.
 *
 * @param rules to check. @default all
 */
export async function checkAccessibility (t: Test, page: Page, rules?: string[]): Promise<void> {
  // Evaluated by the debugger, which a Content-Security-Policy does not stop.
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(source)
  const { violations } = await page.evaluate(async (runOnly) => await (globalThis as unknown as { axe: typeof axe }).axe.run(runOnly === undefined ? {} : { runOnly }), rules)
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  t.same(grave.map(({ id, help, nodes }) => ({ id, help, targets: nodes.map(({ target }) => target.join(' ')) })), [], 'axe-core finds nothing serious')
}
