import t from 'tap'
import { maskPhoneNumber } from '../../src/index.js'
import { enterCode, enterPassword, seeHome, signUpOnPage } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

const stage = await startStage(t, { exposePhoneNumber: false, firstFactor: 'phone-password' })

t.test('who is enrolled gets the code without naming a number, and sees a masked one', async (t) => {
  const page = await stage.open(t, { path: '/auth' })
  const person = await signUpOnPage(page, stage)
  await page.locator('#sign-out').click()
  stage.app.twoFactor.outbox.clear()
  await enterPassword(page, person)
  await page.getByText(maskPhoneNumber(person.phoneNumber)).waitFor()
  t.equal(await page.getByText(person.phoneNumber).count(), 0)
  await enterCode(page, stage, person)
  await seeHome(page)
})
