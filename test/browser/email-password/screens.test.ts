import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { enterCode, enterPassword, enterPhoneNumber, newPerson, openGuarded, seeHome } from '../harness/stock-pages.js'
import { stage } from './stage.js'

/** Moves on with the Tab key until an element has the keyboard. */
async function tabTo (page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab')
    const found = await page.locator(selector).evaluate((element) => (element.getRootNode() as Document).activeElement === element)
    if (found) return
  }
  throw new Error(`The Tab key does not lead to ${selector}`)
}

t.test('the keyboard alone leads through both factors', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup' })
  await page.locator('input[name=email]').waitFor()
  await tabTo(page, 'input[name=email]')
  await page.keyboard.type(person.email)
  await tabTo(page, 'input[name=password]')
  await page.keyboard.type(person.password)
  await page.keyboard.press('Enter')
  await page.locator('input[name=phoneNumber_text]').waitFor()
  await tabTo(page, 'input[name=phoneNumber_text]')
  await page.keyboard.type(person.phoneNumber)
  await page.keyboard.press('Enter')
  await page.locator('input[name=userInputCode]').waitFor()
  await tabTo(page, 'input[name=userInputCode]')
  await page.keyboard.type((await stage.newest(person.phoneNumber)).code!)
  await page.keyboard.press('Enter')
  await openGuarded(t, page)
})

async function fits (t: Test, page: Page, name: string): Promise<void> {
  t.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name} does not scroll sideways`)
}

t.test('a narrow phone, with less motion, shows every page whole', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup', browser: { viewport: { width: 320, height: 568 }, hasTouch: true, reducedMotion: 'reduce' } })
  await page.locator('input[name=email]').waitFor()
  t.ok(await page.evaluate(() => window.matchMedia('(prefers-reduced-motion: reduce)').matches))
  await fits(t, page, 'signing up')
  await enterPassword(page, person)
  await page.locator('input[name=phoneNumber_text]').waitFor()
  await fits(t, page, 'the phone number')
  await enterPhoneNumber(page, person.phoneNumber)
  await page.locator('input[name=userInputCode]').waitFor()
  await fits(t, page, 'the code')
  await enterCode(page, stage, person)
  await seeHome(page)
  await fits(t, page, 'the home page')
})
