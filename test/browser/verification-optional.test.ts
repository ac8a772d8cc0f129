import t from 'tap'
import { enterCode, enterPassword, enterPhoneNumber, mailAsked, newPerson, seeHome, verifyAddress } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

// The default settings, and a frontend whose EmailVerification is REQUIRED, as in the demo with-legacy-2fa.
const stage = await startStage(t)

t.test('the demo as it is works with the settings as they are: phone, address, home', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup', config: { emailVerification: 'REQUIRED' } })
  const mailed = mailAsked(page)
  await enterPassword(page, person)
  await enterPhoneNumber(page, person.phoneNumber)
  await enterCode(page, stage, person)
  await verifyAddress(page, stage, person, mailed)
  await seeHome(page)
})
