import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { currentTotp } from '../../src/testing/index.js'
import { enterCode, enterPassword, enterPhoneNumber, newPerson, openGuarded, otherThan, seeHome, type Person } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'
import { letPass } from './harness/time.js'

const stage = await startStage(t, { secondFactors: ['sms', 'totp', 'email'], oneMailboxForBothFactors: true })
const open = (t: Test) => stage.open(t, { frontend: 'prebuilt-mfa', path: '/auth?show=signup' })

const APP = 'TOTP'
const SMS = 'SMS based OTP'
const MAIL = 'Email based OTP'

const NAMES = '[data-supertokens~=factorChooserOption] [data-supertokens~=factorName]'
const choose = async (page: Page, factor: string): Promise<void> => { await page.locator(NAMES, { hasText: factor }).click() }

async function choices (page: Page): Promise<string[]> {
  await page.locator(NAMES).first().waitFor()
  return (await page.locator(NAMES).allTextContents()).sort()
}

/** Types the code that an app with this secret shows. */
async function enterTotp (page: Page, totp: string): Promise<void> {
  await page.locator('input[name=totp]').fill(totp)
  await page.locator('button[type=submit]').click()
}

/** Reads the secret that the page shows, and confirms it. */
async function addApp (page: Page): Promise<string> {
  await page.locator('[data-supertokens~=showTOTPSecretBtn]').click()
  const secret = (await page.locator('[data-supertokens~=totpSecret]').textContent())!.trim()
  await enterTotp(page, await currentTotp(secret))
  return secret
}

/** Signs up, with an authenticator app as the second factor, and out again. */
async function withApp (t: Test): Promise<{ page: Page, person: Person, secret: string }> {
  const page = await open(t)
  const person = newPerson(stage)
  await enterPassword(page, person)
  await choose(page, APP)
  const secret = await addApp(page)
  await seeHome(page)
  return { page, person, secret }
}

t.test('whoever has no second factor chooses one', async (t) => {
  const page = await open(t)
  await enterPassword(page, newPerson(stage))
  t.same(await choices(page), [MAIL, SMS, APP].sort())
})

t.test('an authenticator app is added with the secret on the page, and passes the next time', async (t) => {
  const { page, person, secret } = await withApp(t)
  await openGuarded(t, page)
  await page.locator('#sign-out').click()
  await enterPassword(page, person)
  await enterTotp(page, otherThan(await currentTotp(secret)))
  await page.getByText('Invalid', { exact: false }).waitFor()
  await letPass(page, '1m')
  await enterTotp(page, await currentTotp(secret))
  await seeHome(page)
  await openGuarded(t, page)
})

t.test('who is in adds a phone, and chooses between the two the next time', async (t) => {
  const { page, person, secret } = await withApp(t)
  await page.locator('#add-factor').click()
  await choose(page, SMS)
  await enterPhoneNumber(page, person.phoneNumber)
  await enterCode(page, stage, person)
  await seeHome(page)
  await page.locator('#sign-out').click()

  await enterPassword(page, person)
  t.same(await choices(page), [SMS, APP].sort())
  await choose(page, SMS)
  await enterCode(page, stage, person)
  await seeHome(page)
  await openGuarded(t, page)
  await page.locator('#sign-out').click()

  await letPass(page, '1m')
  await enterPassword(page, person)
  await choose(page, APP)
  await enterTotp(page, await currentTotp(secret))
  await seeHome(page)
  await openGuarded(t, page)
})
