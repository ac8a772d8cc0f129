import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { newPhoneNumber } from '../../../src/testing/index.js'
import type { Stage } from './stage.js'

/** Somebody who signs in on the stock pages. */
export interface Person { email: string, password: string, phoneNumber: string }

/** A new person. With phone + password, `email` is the number, as in the pages' form. */
export function newPerson (stage: Stage): Person {
  const phoneNumber = newPhoneNumber()
  const byPhone = stage.app.twoFactor.secondFactor.claim.key === 'phone-verified'
  return { email: byPhone ? phoneNumber : `${randomUUID()}@example.com`, password: 'correct horse 1', phoneNumber }
}

/** A code of the right form that is not the one that was sent. */
export const otherThan = (code: string): string => code.replace(/^./, (digit) => digit === '9' ? '0' : String(Number(digit) + 1))

/** Fills in the form for the password, on the page for signing up or in, and sends it. */
export async function enterPassword (page: Page, { email, password }: Person): Promise<void> {
  await page.locator('input[name=email]').fill(email)
  await page.locator('input[name=password]').fill(password)
  await page.locator('button[type=submit]').click()
}

/** Fills in the form for the phone number, and sends it. */
export async function enterPhoneNumber (page: Page, phoneNumber: string): Promise<void> {
  await page.locator('input[name=phoneNumber_text]').fill(phoneNumber)
  await page.locator('button[type=submit]').click()
}

/** Fills in the form for the code, and sends it. Without a code: the newest that was sent to the person. Waits for the answer. */
export async function enterCode (page: Page, stage: Stage, person: Person, code?: string): Promise<void> {
  const field = page.locator('input[name=userInputCode]')
  await field.waitFor()
  await field.fill(code ?? (await stage.newest(person.phoneNumber)).code!)
  const answered = page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/signinup/code/consume'))
  await page.locator('button[type=submit]').click()
  await answered
}

/** Follows the link in the mail that the page for verifying the address asks for. `mailed`: see {@link mailAsked}. */
export async function verifyAddress (page: Page, stage: Stage, person: Person, mailed: Promise<unknown>): Promise<void> {
  await page.getByText('Verify your email!').waitFor()
  await mailed
  await page.goto((await stage.newest(person.email)).link!)
  await page.getByRole('button', { name: 'Continue' }).click()
}

/** The answer to the page that asks for the mail. Call it before what leads there. */
export function mailAsked (page: Page): Promise<unknown> {
  return page.waitForResponse((response) => response.url().endsWith('/user/email/verify/token') && response.request().method() === 'POST')
}

/** Waits for the page behind both factors. */
export async function seeHome (page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Welcome' }).waitFor()
}

/** Opens the stock pages and signs somebody up, both factors. */
export async function signUpOnPage (page: Page, stage: Stage, person: Person = newPerson(stage)): Promise<Person> {
  await page.goto(new URL('/auth?show=signup', page.url()).href)
  await enterPassword(page, person)
  if (person.email !== person.phoneNumber) await enterPhoneNumber(page, person.phoneNumber)
  await enterCode(page, stage, person)
  await seeHome(page)
  return person
}

/** Signs somebody up and out again, who then is back where one signs in. */
export async function signUpAndOut (page: Page, stage: Stage): Promise<Person> {
  const person = await signUpOnPage(page, stage)
  await page.locator('#sign-out').click()
  return person
}

/** Calls a guarded route from the page behind both factors. */
export async function openGuarded (t: Test, page: Page): Promise<void> {
  await page.locator('#call').click()
  await page.locator('#answer', { hasText: /^\d/ }).waitFor()
  t.equal(await page.locator('#answer').textContent(), `200 ${await page.locator('#user-id').textContent()}`)
}

/** Types the new password twice on the page that a reset link opens, and goes on to signing in. */
export async function resetPassword (page: Page, { password }: Person): Promise<void> {
  await page.locator('input[name=password]').fill(password)
  await page.locator('input[name=confirm-password]').fill(password)
  await page.locator('button[type=submit]').click()
  await page.getByText('Success!').waitFor()
  await page.getByRole('button', { name: 'SIGN IN' }).click()
}
