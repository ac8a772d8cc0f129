import { updateUserMetadata } from 'supertokens-node/recipe/usermetadata'
import t from 'tap'
import { unlocked } from '../../../src/second-factor/failure-record.js'
import { enterCode, enterPassword, enterPhoneNumber, newPerson, openGuarded, otherThan, signUpAndOut, signUpOnPage } from '../harness/stock-pages.js'
import { letPass } from '../harness/time.js'
import { stage } from './stage.js'

const LOCKED = /locked/i

t.test('somebody signs up with e-mail and password, enrols a phone, and is in', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup' })
  await enterPassword(page, person)
  await page.waitForURL('**/second-factor')
  await enterPhoneNumber(page, person.phoneNumber)
  await enterCode(page, stage, person)
  await openGuarded(t, page)
})

t.test('who signs in again gets a code without giving the number', async (t) => {
  const page = await stage.open(t)
  const person = await signUpAndOut(page, stage)
  await enterPassword(page, person)
  await enterCode(page, stage, person)
  await openGuarded(t, page)
})

t.test('a wrong password is called wrong, and the right one goes on', async (t) => {
  const page = await stage.open(t)
  const person = await signUpAndOut(page, stage)
  await enterPassword(page, { ...person, password: 'wrong horse 1' })
  await page.getByText('Incorrect email and password combination').waitFor()
  await enterPassword(page, person)
  await enterCode(page, stage, person)
  await openGuarded(t, page)
})

t.test('a wrong code is called wrong, and the right one goes on', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup' })
  await enterPassword(page, person)
  await enterPhoneNumber(page, person.phoneNumber)
  await page.locator('input[name=userInputCode]').waitFor()
  const { code } = await stage.newest(person.phoneNumber)
  await enterCode(page, stage, person, otherThan(code!))
  await page.getByText('Invalid OTP').waitFor()
  await enterCode(page, stage, person, code)
  await openGuarded(t, page)
})

t.test('a code that is sent again opens', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup' })
  await enterPassword(page, person)
  await enterPhoneNumber(page, person.phoneNumber)
  await page.getByText(/Resend in/).waitFor()
  await letPass(page, '30s')
  await page.getByRole('button', { name: 'Resend SMS' }).click()
  await page.getByText('SMS resent').waitFor()
  const sent = stage.app.twoFactor.outbox.entries().filter(({ to }) => to === person.phoneNumber)
  t.equal(sent.length, 2)
  await enterCode(page, stage, person)
  await openGuarded(t, page)
})

t.test('after wrong codes people wait, and are locked out in the end until somebody unlocks them', async (t) => {
  const page = await stage.open(t)
  const person = await signUpOnPage(page, stage)
  const userId = await page.locator('#user-id').textContent()
  await page.locator('#sign-out').click()
  await enterPassword(page, person)
  await page.locator('input[name=userInputCode]').waitFor()
  const { code } = await stage.newest(person.phoneNumber)
  for (let tries = 0; tries < 3; tries++) {
    await enterCode(page, stage, person, otherThan(code!))
    await page.getByText('Invalid OTP').waitFor()
  }
  await enterCode(page, stage, person, code)
  await page.getByText(/Try again in/).waitFor()

  await letPass(page, '30s')
  await enterCode(page, stage, person, otherThan(code!))
  await enterCode(page, stage, person, code)
  await page.getByText(LOCKED).waitFor()
  await letPass(page, '90s')
  await enterCode(page, stage, person, code)
  await page.getByText(LOCKED).waitFor()

  await updateUserMetadata(userId!, unlocked())
  await enterCode(page, stage, person, code)
  await openGuarded(t, page)
})
