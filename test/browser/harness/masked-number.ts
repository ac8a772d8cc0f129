import t from 'tap'
import type { ServiceOptions } from '../../../src/app.js'
import { maskPhoneNumber } from '../../../src/index.js'
import { enterCode, enterPassword, seeHome, signUpAndOut } from './stock-pages.js'
import { startStage } from './stage.js'

/** The story of somebody whose number is not shown, on the prebuilt pages of a first factor. */
export async function testMaskedNumber (firstFactor: ServiceOptions['firstFactor'] & string): Promise<void> {
  const stage = await startStage(t, { exposePhoneNumber: false, firstFactor })

  t.test('who is enrolled gets the code without naming a number, and sees a masked one', async (t) => {
    const page = await stage.open(t, { path: '/auth' })
    const person = await signUpAndOut(page, stage)
    stage.app.twoFactor.outbox.clear()
    await enterPassword(page, person)
    await page.getByText(maskPhoneNumber(person.phoneNumber)).waitFor()
    t.equal(await page.getByText(person.phoneNumber).count(), 0)
    await enterCode(page, stage, person)
    await seeHome(page)
  })
}
