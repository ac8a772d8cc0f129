import t from 'tap'
import { enterCode, enterPassword, openGuarded, signUpOnPage } from './harness/stock-pages.js'
import { startStage, TWO_SITES } from './harness/stage.js'
import { letPass } from './harness/time.js'

const stage = await startStage(t, {}, TWO_SITES)

t.test('a website on another site than the service keeps its session in cookies', async (t) => {
  const page = await stage.open(t, { foreignCookies: true, allow: ['401 /sessioninfo'] })
  const person = await signUpOnPage(page, stage)
  await openGuarded(t, page)
  const cookies = await page.context().cookies()
  for (const name of ['sAccessToken', 'sRefreshToken']) {
    t.match(cookies.find((cookie) => cookie.name === name), { sameSite: 'None', secure: true, httpOnly: true }, name)
  }

  await letPass(page, '66m')
  await openGuarded(t, page)
  await page.locator('#sign-out').click()
  await enterPassword(page, person)
  await enterCode(page, stage, person)
  await openGuarded(t, page)
})

t.test('where the browser refuses cookies of other sites, tokens in headers do', async (t) => {
  const page = await stage.open(t, { allow: ['401 /sessioninfo'], config: { tokenTransferMethod: 'header' } })
  await signUpOnPage(page, stage)
  await openGuarded(t, page)
  t.same(await page.context().cookies(stage.api), [])
  await letPass(page, '66m')
  await openGuarded(t, page)
})
