import t from 'tap'
import { enter, enterCredentials, enterNewestCode, see } from '../harness/custom-pages.js'
import { checkAccessibility } from '../harness/accessibility.js'
import { newPerson, openGuarded } from '../harness/stock-pages.js'
import { letPass } from '../harness/time.js'
import { stage } from './stage.js'

for (const tokenTransferMethod of ['cookie', 'header'] as const) {
  t.test(`pages of one's own, with a ${tokenTransferMethod} session`, async (t) => {
    const page = await stage.open(t, { frontend: 'custom', config: { tokenTransferMethod }, allow: ['401 /sessioninfo'] })
    const person = newPerson(stage)
    await see(page, 'Sign in')
    await page.locator('#to-sign-up').click()
    await see(page, 'Sign up')
    await checkAccessibility(t, page)
    await enterCredentials(page, person)
    await see(page, 'Your phone')
    await enter(page, 'phoneNumber', person.phoneNumber)
    await enterNewestCode(page, stage, person)
    await see(page, 'Welcome')
    t.equal((await page.context().cookies(stage.api)).some(({ name }) => name === 'sAccessToken'), tokenTransferMethod === 'cookie')
    await page.locator('#sign-out').click()
    await see(page, 'Sign in')
    await enterCredentials(page, person)
    await enterNewestCode(page, stage, person)
    await see(page, 'Welcome')
    await letPass(page, '66m')
    const refreshed = page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/auth/session/refresh'))
    await openGuarded(t, page)
    t.equal((await refreshed).status(), 200)
  })
}
