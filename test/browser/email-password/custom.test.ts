import type { Page } from 'playwright-core'
import t from 'tap'
import { checkAccessibility } from '../harness/accessibility.js'
import { newPerson, type Person } from '../harness/stock-pages.js'
import { letPass } from '../harness/time.js'
import { stage } from './stage.js'

const heading = async (page: Page, name: string): Promise<void> => { await page.getByRole('heading', { name }).waitFor() }

async function enter (page: Page, field: string, value: string): Promise<void> {
  await page.locator(`input[name=${field}]`).fill(value)
  await page.locator('button[type=submit]').click()
}

async function enterPassword (page: Page, { email, password }: Person): Promise<void> {
  await page.locator('input[name=email]').fill(email)
  await enter(page, 'password', password)
}

async function enterCode (page: Page, { phoneNumber }: Person): Promise<void> {
  await heading(page, 'Your code')
  await page.locator('input[name=userInputCode]').waitFor()
  await enter(page, 'userInputCode', (await stage.newest(phoneNumber)).code!)
}

for (const tokenTransferMethod of ['cookie', 'header'] as const) {
  t.test(`pages of one's own, with a ${tokenTransferMethod} session`, async (t) => {
    const page = await stage.open(t, { frontend: 'custom', config: { tokenTransferMethod }, allow: ['401 /sessioninfo'] })
    const person = newPerson(stage)
    await heading(page, 'Sign in')
    await page.locator('#to-sign-up').click()
    await heading(page, 'Sign up')
    await checkAccessibility(t, page)
    await enterPassword(page, person)
    await heading(page, 'Your phone')
    await enter(page, 'phoneNumber', person.phoneNumber)
    await enterCode(page, person)
    await heading(page, 'Welcome')
    await page.locator('#sign-out').click()
    await heading(page, 'Sign in')
    await enterPassword(page, person)
    await enterCode(page, person)
    await heading(page, 'Welcome')
    await letPass(page, '66m')
    const refreshed = page.waitForResponse((response) => response.url().endsWith('/auth/session/refresh'))
    await page.locator('#call').click()
    t.equal((await refreshed).status(), 200)
    await page.getByText(/^200 /).waitFor()
  })
}
