import { updateUserMetadata } from 'supertokens-node/recipe/usermetadata'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { advance } from '../../src/testing/index.js'
import { enterCode, enterPassword, enterPhoneNumber, newPerson, seeHome, signUpOnPage, type Person } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

const stage = await startStage(t, {
  limits: { signUps: false },
  thirdPartyProviders: [{ config: { thirdPartyId: 'github', clients: [{ clientId: 'test', clientSecret: 'test' }] } }]
})

const SOMETHING = 'Something went wrong. Please try again.'
const CODE = '/auth/signinup/code'
const REFUSED = [400, 403, 404, 409, 429]
const FAILED = [500, 503]

/** Makes an endpoint refuse with each status in turn, and reads what the page says. */
async function showsEach (page: Page, path: string, statuses: number[], expected: (message: string) => string, again: () => Promise<void>): Promise<void> {
  for (const status of statuses) {
    const message = `Refused with ${status}, as a test.`
    stage.refuse(path, { status, body: { message, code: 'AUTH_TEST' } })
    const answered = page.waitForResponse((response) => response.url().startsWith(stage.api + path) && response.request().method() !== 'OPTIONS')
    await again()
    await answered
    await page.getByText(expected(message)).waitFor()
  }
}

const itself = (message: string): string => message
const allowed = (path: string) => [...FAILED.map((status) => `${status} ${path}`), /^console: /]

/** Signs in with the password, so that the page asks for a code by itself. */
async function halfway (t: Test, allow: (string | RegExp)[] = []): Promise<{ page: Page, person: Person, userId: string }> {
  const page = await stage.open(t, { allow })
  const person = await signUpOnPage(page, stage)
  const userId = await page.locator('#user-id').textContent() ?? ''
  await page.locator('#sign-out').click()
  await page.locator('input[name=email]').waitFor()
  return { page, person, userId }
}

t.test('whoever has passed signs in again at once, and gets a code', async (t) => {
  const { page, person } = await halfway(t)
  await enterPassword(page, person)
  await enterCode(page, stage, person)
  await seeHome(page)
})

t.test('a code that the page asks for by itself: every refusal is said, and no page is blank', async (t) => {
  const { page, person } = await halfway(t)
  await t.test('a code is on its way already', async () => {
    await enterPassword(page, person)
    await page.locator('input[name=userInputCode]').waitFor()
    await page.locator('#start-over').click()
    await enterPassword(page, person)
    await page.getByText(/A code is already on its way\. Try again in \d+ seconds?\./).waitFor()
  })
  const reload = async (): Promise<void> => { await page.goto(new URL('/second-factor', page.url()).href) }
  await t.test('refused or failed', () => showsEach(page, CODE, [...REFUSED, ...FAILED], itself, reload))
})

t.test('a locked account is told so', async (t) => {
  const { page, person, userId } = await halfway(t)
  await updateUserMetadata(userId, { 'fastify-2fa:failures': { count: 50, lockedAt: new Date().toISOString() } })
  await enterPassword(page, person)
  await page.getByText('The second factor of this account is locked after too many wrong codes. Please contact support.').waitFor()
})

t.test('the form for the number says why no code is sent', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup' })
  await enterPassword(page, person)
  await enterPhoneNumber(page, '+18005550123')
  await page.getByText('Codes cannot be sent to this kind of number. Please use a mobile number.').waitFor()
  await showsEach(page, CODE, [...REFUSED, ...FAILED], itself, () => enterPhoneNumber(page, person.phoneNumber))
})

t.test('the form for the code says why it is refused', async (t) => {
  const { page, person } = await halfway(t, allowed(`${CODE}/consume`))
  await enterPassword(page, person)
  const enter = () => enterCode(page, stage, person, '123456')
  await enterCode(page, stage, person, '12')
  await page.getByText('Please enter the 6 digits of the code.').waitFor()
  await showsEach(page, `${CODE}/consume`, REFUSED, itself, enter)
  await showsEach(page, `${CODE}/consume`, FAILED, () => SOMETHING, enter)
  await enter()
  await page.getByText('Invalid OTP').waitFor()
  stage.refuse(`${CODE}/consume`, { body: { status: 'RESTART_FLOW_ERROR' } })
  await enter()
  await page.getByText('Login unsuccessful. Please try again.').waitFor()
  await page.locator('input[name=phoneNumber_text]').waitFor()
})

t.test('a challenge that is over cannot be sent again, and the page says so', async (t) => {
  const { page, person } = await halfway(t)
  await page.clock.install()
  await enterPassword(page, person)
  await page.locator('input[name=userInputCode]').waitFor()
  await page.clock.fastForward(16_000)
  stage.refuse(`${CODE}/resend`, { body: { status: 'RESTART_FLOW_ERROR' } })
  await page.getByRole('button', { name: 'Resend SMS' }).click()
  await page.getByText('Login timed out. Please try again.').waitFor()
  await page.locator('input[name=phoneNumber_text]').waitFor()
})

t.test('an expired code is called expired, and sending it again goes on where it was', async (t) => {
  const { page, person } = await halfway(t, allowed(`${CODE}/resend`))
  await page.clock.install()
  await enterPassword(page, person)
  await page.locator('input[name=userInputCode]').waitFor()
  advance('301s')
  await enterCode(page, stage, person)
  await page.getByText('Expired OTP.').waitFor()
  await page.clock.fastForward(16_000)
  const resend = () => page.getByRole('button', { name: 'Resend SMS' }).click()
  await showsEach(page, `${CODE}/resend`, REFUSED, itself, resend)
  await showsEach(page, `${CODE}/resend`, FAILED, () => SOMETHING, resend)
  await resend()
  await page.getByText('SMS resent').waitFor()
  await enterCode(page, stage, person)
  await seeHome(page)
})

t.test('the forms for the first factor say why they are refused', async (t) => {
  const submit = (page: Page) => page.locator('button[type=submit]').click()
  const forms: [name: string, path: string, open: string, fill: (page: Page) => Promise<void>][] = [
    ['signing in', '/auth/signin', '/auth', (page) => enterPassword(page, newPerson(stage))],
    ['signing up', '/auth/signup', '/auth?show=signup', (page) => enterPassword(page, newPerson(stage))],
    ['asking for a reset link', '/auth/user/password/reset/token', '/auth/reset-password', async (page) => {
      await page.locator('input[name=email]').fill('alice@example.com')
      await submit(page)
    }],
    ['choosing a new password', '/auth/user/password/reset', '/auth/reset-password?token=x', async (page) => {
      for (const name of ['password', 'confirm-password']) await page.locator(`input[name=${name}]`).fill('correct horse 2')
      await submit(page)
    }]
  ]
  for (const [name, path, open, fill] of forms) {
    await t.test(name, async (t) => {
      const page = await stage.open(t, { path: open, allow: allowed(path) })
      await showsEach(page, path, REFUSED, itself, () => fill(page))
      const error = 'This is too long, as a test.'
      stage.refuse(path, { body: { status: 'FIELD_ERROR', formFields: [{ id: path.endsWith('reset') ? 'password' : 'email', error }] } })
      await fill(page)
      await page.getByText(error).waitFor()
      await showsEach(page, path, FAILED, () => SOMETHING, () => fill(page))
    })
  }
})

t.test('a wrong password is called wrong', async (t) => {
  const page = await stage.open(t, { path: '/auth' })
  await enterPassword(page, newPerson(stage))
  await page.getByText('Incorrect email and password combination').waitFor()
})

t.test('a social login says why it does not begin', async (t) => {
  const path = '/auth/authorisationurl'
  const page = await stage.open(t, { path: '/auth', allow: allowed(path) })
  const begin = () => page.getByText('Continue with GitHub').click()
  await showsEach(page, path, REFUSED, itself, begin)
  await showsEach(page, path, FAILED, () => SOMETHING, begin)
})
