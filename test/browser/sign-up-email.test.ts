import t from 'tap'
import { enterCode, enterPassword, enterPhoneNumber, newPerson, seeHome } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

const stage = await startStage(t)

t.test('somebody signs up with e-mail and password, enrols a phone, and is in', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup' })
  await enterPassword(page, person)
  await page.waitForURL('**/second-factor')
  await enterPhoneNumber(page, person.phoneNumber)
  await enterCode(page, stage, person)
  await seeHome(page)
  await page.locator('#call').click()
  await page.getByText(/^200 /).waitFor()
  t.equal(await page.locator('#answer').textContent(), `200 ${await page.locator('#user-id').textContent()}`)
})
