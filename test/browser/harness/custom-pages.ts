import type { Page } from 'playwright-core'
import type { Person } from './stock-pages.js'
import type { Stage } from './stage.js'

/** Waits for one of the pages in frontends/custom. */
export async function see (page: Page, heading: string): Promise<void> {
  await page.getByRole('heading', { name: heading }).waitFor()
}

/** Fills in a field, and sends its form. */
export async function enter (page: Page, field: string, value: string): Promise<void> {
  await page.locator(`input[name=${field}]`).fill(value)
  await page.locator('button[type=submit]').click()
}

export async function enterCredentials (page: Page, { email, password }: Person): Promise<void> {
  await page.locator('input[name=email]').fill(email)
  await enter(page, 'password', password)
}

/** Enters the newest code that was sent to the person. */
export async function enterNewestCode (page: Page, stage: Stage, { phoneNumber }: Person): Promise<void> {
  await page.locator('input[name=userInputCode]').waitFor()
  await enter(page, 'userInputCode', (await stage.newest(phoneNumber)).code!)
}
