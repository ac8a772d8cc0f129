import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
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

/** Fills in the form for the code, and sends it. Without a code: the newest that was sent to the person. */
export async function enterCode (page: Page, stage: Stage, person: Person, code?: string): Promise<void> {
  const field = page.locator('input[name=userInputCode]')
  await field.waitFor()
  await field.fill(code ?? (await stage.newest(person.phoneNumber)).code!)
  await page.locator('button[type=submit]').click()
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
