import t from 'tap'
import { enterCode, enterPassword, newPerson, openGuarded, resetPassword, signUpAndOut } from '../harness/stock-pages.js'
import { stage } from './stage.js'

t.test('somebody signs up with phone and password, enters a code, and is in', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup' })
  await enterPassword(page, person)
  await page.waitForURL('**/auth/verify-phone**')
  await enterCode(page, stage, person)
  await openGuarded(t, page)
})

t.test('who signs in again gets a code to the same number', async (t) => {
  const page = await stage.open(t)
  const person = await signUpAndOut(page, stage)
  await enterPassword(page, person)
  await enterCode(page, stage, person)
  await openGuarded(t, page)
})

t.test('a forgotten password is replaced by the link in a text message', async (t) => {
  const page = await stage.open(t)
  const person = await signUpAndOut(page, stage)
  await page.getByText('Forgot password?').click()
  await page.locator('input[name=email]').fill(person.email)
  await page.getByRole('button', { name: 'Send SMS' }).click()
  await page.getByText(/We have sent a link to/).waitFor()

  await page.goto((await stage.newest(person.phoneNumber)).link!)
  const renewed = { ...person, password: 'another horse 2' }
  await resetPassword(page, renewed)
  await enterPassword(page, renewed)
  await enterCode(page, stage, renewed)
  await openGuarded(t, page)
})
