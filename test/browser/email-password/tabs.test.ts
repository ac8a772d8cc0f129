import type { Page } from 'playwright-core'
import t from 'tap'
import { openGuarded, seeHome, signUpOnPage } from '../harness/stock-pages.js'
import { letPass } from '../harness/time.js'
import { stage } from './stage.js'

/** Counts the refreshes that a page is granted. */
function countRefreshes (page: Page): () => number {
  let count = 0
  page.on('response', (response) => {
    if (response.request().method() === 'POST' && response.url().endsWith('/auth/session/refresh') && response.status() === 200) count++
  })
  return () => count
}

t.test('two tabs whose access token has expired refresh once and both go on', async (t) => {
  const allow = ['401 /sessioninfo']
  const page = await stage.open(t, { allow })
  await signUpOnPage(page, stage)
  const tab = await stage.open(t, { beside: page, allow })
  await seeHome(tab)
  const refreshes = [page, tab].map(countRefreshes)
  await letPass(page, '66m')
  await Promise.all([openGuarded(t, page), openGuarded(t, tab)])
  t.equal(refreshes.reduce((sum, count) => sum + count(), 0), 1)
})

t.test('who signs out in one tab is out in the other', async (t) => {
  const page = await stage.open(t)
  await signUpOnPage(page, stage)
  const tab = await stage.open(t, { beside: page, allow: ['401 /sessioninfo'] })
  await seeHome(tab)
  await page.locator('#sign-out').click()
  await page.waitForURL('**/auth**')
  await tab.locator('#call').click()
  await tab.waitForURL('**/auth**')
  await tab.locator('input[name=password]').waitFor()
  t.match(tab.url(), stage.websites['prebuilt-email'] + '/auth')
})

t.test('the back button leads to no page that is blank, and into no session that has ended', async (t) => {
  const page = await stage.open(t)
  await signUpOnPage(page, stage)
  await page.goBack()
  await seeHome(page)
  await page.locator('#sign-out').click()
  await page.locator('input[name=password]').waitFor()
  await page.goBack()
  await page.locator('input[name=password]').waitFor()
  t.notOk(await page.locator('#user-id').isVisible())
})
