import t from 'tap'
import { enter, enterCredentials, enterNewestCode, see } from '../harness/custom-pages.js'
import { newPerson, openGuarded, otherThan } from '../harness/stock-pages.js'
import { stage } from './stage.js'

for (const tokenTransferMethod of ['cookie', 'header'] as const) {
  t.test(`pages of one's own, with a ${tokenTransferMethod} session`, async (t) => {
    const page = await stage.open(t, { frontend: 'custom', config: { tokenTransferMethod } })
    const person = newPerson(stage)
    await see(page, 'Sign in')
    await page.locator('#to-sign-up').click()
    await see(page, 'Sign up')
    await enterCredentials(page, person)
    await enterNewestCode(page, stage, person)
    await openGuarded(t, page)
    await page.locator('#sign-out').click()
    await see(page, 'Sign in')
    await enterCredentials(page, { ...person, password: 'wrong horse 1' })
    await page.getByText('Wrong name or password.').waitFor()
    await enterCredentials(page, person)
    await see(page, 'Your code')
    await page.locator('input[name=userInputCode]').waitFor()
    await enter(page, 'userInputCode', otherThan((await stage.newest(person.phoneNumber)).code!))
    await page.getByText('That is not the code.').waitFor()
    await enterNewestCode(page, stage, person)
    await openGuarded(t, page)
  })
}
