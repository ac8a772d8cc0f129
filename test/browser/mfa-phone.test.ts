import t from 'tap'
import { enterCode, enterPassword, enterPhoneNumber, newPerson, openGuarded, seeHome } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

const stage = await startStage(t)
const open = (t: Parameters<typeof stage.open>[0]) => stage.open(t, { frontend: 'prebuilt-mfa', path: '/auth?show=signup' })

t.test('the screens of the MFA recipe ask for a number, then let in; the next time, they send the code by themselves', async (t) => {
  const page = await open(t)
  const person = newPerson(stage)
  await enterPassword(page, person)
  await enterPhoneNumber(page, person.phoneNumber)
  await enterCode(page, stage, person)
  await seeHome(page)
  await openGuarded(t, page)
  await page.locator('#sign-out').click()

  await enterPassword(page, person)
  await enterCode(page, stage, person)
  await seeHome(page)
  await openGuarded(t, page)
})
