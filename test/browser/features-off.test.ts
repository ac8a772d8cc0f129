import t from 'tap'
import { enterCode, enterPassword, enterPhoneNumber, newPerson, seeHome, signUpOnPage } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

const stage = await startStage(t, { emailVerification: 'off', passwordReset: false, supportContact: 'help@example.com' })

const RESET_OFF = 'Passwords cannot be reset here. Please contact help@example.com.'
const VERIFICATION_OFF = 'Addresses are not verified here, so no mail is sent. Please contact help@example.com.'
const SOCIAL_OFF = 'Signing in with another account is not possible here. Please sign in with your password.'

t.test('"Forgot password?" says whom to ask', async (t) => {
  const page = await stage.open(t, { path: '/auth' })
  await page.getByText('Forgot password?').click()
  await page.locator('input[name=email]').fill(newPerson(stage).email)
  await page.getByRole('button', { name: 'Email me' }).click()
  await page.getByText(RESET_OFF).waitFor()
})

t.test('an old link to reset a password says so too', async (t) => {
  const page = await stage.open(t, { path: '/auth/reset-password?token=old' })
  for (const field of ['password', 'confirm-password']) await page.locator(`input[name=${field}]`).fill('correct horse 2')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText(RESET_OFF).waitFor()
})

t.test('a button of a social login that is off, and its callback page, lead back to the password', async (t) => {
  const page = await stage.open(t, { path: '/auth' })
  await page.getByText('Continue with GitHub').click()
  await page.getByText(SOCIAL_OFF).waitFor()
  await page.evaluate(() => {
    const { origin } = globalThis.location
    const state = { stateForAuthProvider: 'x', thirdPartyId: 'github', redirectURIOnProviderDashboard: `${origin}/auth/callback/github`, expiresAt: Date.now() + 60_000, tenantId: 'public' }
    globalThis.sessionStorage.setItem('supertokens-oauth-state-2', JSON.stringify(state))
  })
  await page.goto(new URL('/auth/callback/github?code=c&state=x', page.url()).href)
  await page.getByText(SOCIAL_OFF).waitFor()
  await page.locator('input[name=password]').waitFor()
})

t.test('a page that insists on a verified address shows why no mail comes', async (t) => {
  const person = newPerson(stage)
  const page = await stage.open(t, { path: '/auth?show=signup', config: { emailVerification: 'REQUIRED' } })
  await enterPassword(page, person)
  await enterPhoneNumber(page, person.phoneNumber)
  await enterCode(page, stage, person)
  await page.waitForURL('**/auth/verify-email**')
  await page.getByText('Resend Email').click()
  await page.getByText(VERIFICATION_OFF).waitFor()
  await page.goto(new URL('/auth/verify-email?token=old', page.url()).href)
  await page.getByText(VERIFICATION_OFF).waitFor()
})

t.test('a page that does not insist goes on', async (t) => {
  const page = await stage.open(t, { path: '/auth', config: { emailVerification: 'OPTIONAL' } })
  await signUpOnPage(page, stage)
  await seeHome(page)
})
