import t from 'tap'
import { enterCode, enterPassword, openGuarded, resetPassword, signUpAndOut } from '../harness/stock-pages.js'
import { stage } from './stage.js'

t.test('a forgotten password is replaced by the link in a mail, and the second factor stays', async (t) => {
  const page = await stage.open(t)
  const person = await signUpAndOut(page, stage)
  await page.getByText('Forgot password?').click()
  await page.locator('input[name=email]').fill(person.email)
  await page.locator('button[type=submit]').click()
  await page.getByText(/A password reset email has been sent/).waitFor()

  await page.goto((await stage.newest(person.email)).link!)
  const renewed = { ...person, password: 'another horse 2' }
  await resetPassword(page, renewed)
  await enterPassword(page, person)
  await page.getByText('Incorrect email and password combination').waitFor()
  await enterPassword(page, renewed)
  await enterCode(page, stage, renewed)
  await openGuarded(t, page)
})
