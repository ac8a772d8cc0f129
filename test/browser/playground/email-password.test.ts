import t from 'tap'
import { startPlayground } from '../../playground/served.js'
import { checkAccessibility } from '../harness/accessibility.js'
import { keyboardStory, wholeStory } from './story.js'
import { atStep, openPlayground, openRoute, press, told, useNewestCode } from './visit.js'

const { app, api, website } = await startPlayground(t, { PLAYGROUND_PROVIDER: 'true' })

t.test('the whole story of e-mail + password', async (t) => {
  await wholeStory(t, website, { claim: '2fa-completed', byPhone: false })
})

t.test('narrow, dark, still, and with the keyboard alone', async (t) => {
  await keyboardStory(t, website)
})

t.test('a social login, and one that is given up', async (t) => {
  const page = await openPlayground(t, website, { allow: ['400 /auth/signinup'] })
  await press(page, 'Continue with Test provider')
  await page.getByRole('heading', { name: 'Test provider' }).waitFor()
  await checkAccessibility(t, page)
  await page.getByLabel('E-mail address').fill('dave@example.com')
  await press(page, 'Continue')
  await atStep(page, 'Code')
  t.equal(new URL(page.url()).pathname, '/', 'a reload does not use the answer twice')
  t.match(await openRoute(page, 'second-factor'), /^403 /)
  await page.getByLabel('Phone number').fill('+12125550161')
  await press(page, 'Send the code')
  await told(page, 'code', 'Sent.')
  await useNewestCode(page)
  await atStep(page, 'Open')
  t.match(await openRoute(page, 'second-factor'), /^200 /)
  await press(page, 'Sign out')
  await atStep(page, 'Password')
  await press(page, 'Continue with Test provider')
  await press(page, 'Cancel')
  await page.locator('#password-message[role=alert]', { hasText: /\w/ }).waitFor()
  t.notMatch(await page.locator('body').textContent(), /\bat .*\.js/)
})

t.test('a forgotten password', async (t) => {
  const page = await openPlayground(t, website)
  await page.getByLabel('E-mail address').fill('erin@example.com')
  await press(page, 'Sign up')
  await atStep(page, 'Code')
  await press(page, 'Sign out')
  await atStep(page, 'Password')
  await page.getByLabel('E-mail address').fill('erin@example.com')
  await press(page, 'Forgot password?')
  await page.getByRole('link', { name: 'Open the link' }).first().click()
  await page.getByLabel('New password').fill('another horse 2')
  await press(page, 'Set the password')
  await told(page, 'password', 'The password is set.')
  await page.getByLabel('E-mail address').fill('erin@example.com')
  await page.getByLabel('Password', { exact: true }).fill('another horse 2')
  await press(page, 'Sign in')
  await atStep(page, 'Code')
})

t.test('the service\'s own address leads to the page', async (t) => {
  const page = await openPlayground(t, website)
  await page.goto(api)
  await page.getByRole('heading', { name: 'fastify-2fa runs here' }).waitFor()
  await checkAccessibility(t, page)
  await page.getByRole('link', { name: website }).click()
  await page.getByRole('heading', { name: 'A password alone opens nothing' }).waitFor()
})

t.test('a service that has gone is said in words', async (t) => {
  const page = await openPlayground(t, website, { allow: [/^failed: /, /^console: /] })
  await page.route(`${api}/**`, async (route) => { await route.abort() })
  await press(page, 'Sign up')
  await told(page, 'password', 'The service does not answer.')
  t.ok(app.server.listening)
})
