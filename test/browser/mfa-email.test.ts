import t, { type Test } from 'tap'
import { enterCode, enterPassword, newPerson, openGuarded, seeHome, type Person } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'
import type { Page } from 'playwright-core'

const stage = await startStage(t, { secondFactors: ['email'], passwordReset: false, emailFactorFlow: 'both' })
const open = (t: Test, path = '/auth?show=signup') => stage.open(t, { frontend: 'prebuilt-mfa', path })

/** The mail that the page has asked for by itself. */
async function mailTo (page: Page, person: Person) {
  await page.locator('input[name=userInputCode]').waitFor()
  return await stage.newest(person.email)
}

/** Signs somebody up and out, and in again by the password. */
async function signInByPassword (t: Test): Promise<{ page: Page, person: Person }> {
  const page = await open(t)
  const person = newPerson(stage)
  await enterPassword(page, person)
  await enterCode(page, stage, person, (await mailTo(page, person)).code)
  await seeHome(page)
  await openGuarded(t, page)
  await page.locator('#sign-out').click()
  const answered = page.waitForResponse((response) => response.url().endsWith('/signinup/code'))
  await enterPassword(page, person)
  await answered
  return { page, person }
}

const pathOf = (link: string): string => link.slice(new URL(link).origin.length)

t.test('the screens of the MFA recipe send the code to the account\'s address by themselves, and let in', async (t) => {
  const { page, person } = await signInByPassword(t)
  await enterCode(page, stage, person, (await mailTo(page, person)).code)
  await seeHome(page)
  await openGuarded(t, page)
})

t.test('the link opens the same browser, in another tab', async (t) => {
  const { page, person } = await signInByPassword(t)
  const { link } = await mailTo(page, person)
  const tab = await stage.open(t, { frontend: 'prebuilt-mfa', path: pathOf(link!), beside: page })
  await seeHome(tab)
  await openGuarded(t, tab)
})

t.test('in another browser it shows the code to type, and gives no session', async (t) => {
  const { page, person } = await signInByPassword(t)
  const { link, code } = await mailTo(page, person)
  const elsewhere = await open(t, pathOf(link!))
  await elsewhere.getByRole('button', { name: 'Continue' }).click()
  await elsewhere.getByText(`enter this code there: ${code}.`).waitFor()
  t.same((await elsewhere.context().cookies()).filter(({ name }) => /^s(?:Access|Refresh)Token$/.test(name)), [])

  await enterCode(page, stage, person, code)
  await seeHome(page)
  await openGuarded(t, page)
})
