import t from 'tap'
import { enterCode, enterPassword, newPerson, seeHome } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

const stage = await startStage(t, { firstFactor: 'phone-password' })

t.test('somebody signs up with phone and password, enters a code, and is in', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup' })
  await enterPassword(page, person)
  await page.waitForURL('**/auth/verify-phone**')
  await enterCode(page, stage, person)
  await seeHome(page)
  await page.locator('#call').click()
  await page.getByText(/^200 /).waitFor()
  t.equal(await page.locator('#answer').textContent(), `200 ${await page.locator('#user-id').textContent()}`)
})
