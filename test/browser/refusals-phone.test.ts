import { updateUserMetadata } from 'supertokens-node/recipe/usermetadata'
import t from 'tap'
import { enterCode, enterPassword, seeHome, signUpOnPage } from './harness/stock-pages.js'
import { startStage } from './harness/stage.js'

const stage = await startStage(t, { firstFactor: 'phone-password', limits: { signUps: false } })

const CODE = '/auth/signinup/code'

t.test('the page that asks for the code by itself says why there is none', async (t) => {
  const page = await stage.open(t)
  const person = await signUpOnPage(page, stage)
  const userId = await page.locator('#user-id').textContent() ?? ''
  await page.locator('#sign-out').click()
  stage.refuse(CODE, { status: 403, body: { message: 'Refused, as a test.', code: 'AUTH_TEST' } })
  await enterPassword(page, person)
  await page.getByText('Refused, as a test.').waitFor()

  const reload = async (): Promise<void> => { await page.goto(new URL('/auth/verify-phone', page.url()).href) }
  for (const status of [400, 404, 409, 429, 500, 503]) {
    const message = `Refused with ${status}, as a test.`
    stage.refuse(CODE, { status, body: { message, code: 'AUTH_TEST' } })
    await reload()
    await page.getByText(message).waitFor()
  }
  await reload()
  await enterCode(page, stage, person)
  await seeHome(page)

  await page.locator('#sign-out').click()
  await updateUserMetadata(userId, { 'fastify-2fa:failures': { count: 50, lockedAt: new Date().toISOString() } })
  await enterPassword(page, person)
  await page.getByText('The second factor of this account is locked after too many wrong codes. Please contact support.').waitFor()
})
