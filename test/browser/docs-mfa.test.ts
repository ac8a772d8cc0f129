import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { advance, currentTotp } from '../../src/testing/index.js'
import { freePort } from '../free-port.js'
import { bundle, writeFiles } from './harness/docs-code.js'
import { openTab, serveFiles } from './harness/docs-site.js'
import { startStage } from './harness/stage.js'
import { enterPassword, newPerson, seeHome, type Person } from './harness/stock-pages.js'

const port = await freePort()
const site = `http://localhost:${port}`
const stage = await startStage(t, { secondFactors: ['sms', 'totp', 'passkey'], appInfo: { websiteDomains: [site] } })

const folder = await writeFiles(t, 'frontend/mfa-screens', (code) => code.replaceAll('http://localhost:3000', stage.api).replaceAll('http://localhost:3001', site))
const script = await bundle(folder, "import './app'")
await serveFiles(t, port, async (path) => path === '/bundle.js' ? script : undefined)

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

async function signUp (t: Test): Promise<{ page: Page, person: Person }> {
  const page = await openTab(t, `${site}/auth?show=signup`, [])
  const person = newPerson(stage)
  await enterPassword(page, person)
  await page.getByRole('heading', { name: 'Choose a second factor' }).waitFor()
  return { page, person }
}

async function signInAgain (page: Page, person: Person): Promise<void> {
  await button(page, 'Sign out').click()
  await enterPassword(page, person)
  await page.getByRole('heading', { name: 'Confirm that it is you' }).waitFor()
}

async function enterTotp (page: Page, secret: string): Promise<void> {
  await page.locator('input[name=totp]').fill(await currentTotp(secret))
  await page.locator('button[type=submit]').click()
}

/** Does what leads to the screen that adds an app, and enters its first code. */
async function addApp (page: Page, act: () => Promise<unknown>): Promise<string> {
  const shown = page.waitForResponse((response) => response.url().endsWith('/totp/device') && response.request().method() === 'POST')
  await act()
  const { secret } = await (await shown).json() as { secret: string }
  await enterTotp(page, secret)
  return secret
}

async function showCodes (page: Page): Promise<string[]> {
  await button(page, 'Show my codes').click()
  await page.locator('li').first().waitFor()
  return await page.locator('li').allTextContents()
}

t.test('an app on SuperTokens\' screens, recovery codes on a page of one\'s own, and both at a sign-in', async (t) => {
  const { page, person } = await signUp(t)
  const secret = await addApp(page, () => button(page, 'Authenticator app').click())
  await seeHome(page)
  const codes = await showCodes(page)
  t.equal(codes.length, 10)
  await button(page, 'I have kept them').click()
  await button(page, 'Show my codes').waitFor({ state: 'detached' })

  await signInAgain(page, person)
  await page.locator('input[name=code]').fill('zzz')
  await button(page, 'Use it').click()
  await page.getByText('15 letters and digits').waitFor()
  await page.locator('input[name=code]').fill(codes[0]!)
  await button(page, 'Use it').click()
  await seeHome(page)

  await signInAgain(page, person)
  advance(30)
  await button(page, 'Authenticator app').click()
  await enterTotp(page, secret)
  await seeHome(page)
  t.equal(await button(page, 'Show my codes').count(), 0, 'they are kept')
})

t.test('a passkey is the only factor, which SuperTokens\' screens do not know', async (t) => {
  const { page, person } = await signUp(t)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true }
  })
  await button(page, 'Passkey').click()
  await seeHome(page)
  await signInAgain(page, person)
  await page.goto(`${site}/auth/mfa`)
  await page.getByText('no available secondary factors').waitFor()
  await page.goto(site)
  await button(page, 'Passkey').click()
  await seeHome(page)
  t.equal((await showCodes(page)).length, 10, 'those that came with the passkey were not shown')
})

t.test('an app is added at once after a sign-in, and after a step up when it is too long ago', async (t) => {
  const { page } = await signUp(t)
  let apps = 0
  page.on('response', (response) => { if (response.url().endsWith('/totp/device/verify') && response.request().method() === 'POST') apps++ })
  const secret = await addApp(page, () => button(page, 'Authenticator app').click())
  await seeHome(page)
  await addApp(page, () => button(page, 'Add an authenticator app').click())
  await seeHome(page)

  advance('6m')
  await page.goto(`${site}/auth/mfa/totp?setup=true`)
  await page.getByText('Something went wrong').first().waitFor()
  await page.goto(site)
  await button(page, 'Add an authenticator app').click()
  await page.getByText('Use an authenticator app').click()
  await enterTotp(page, secret)
  await seeHome(page)
  await addApp(page, () => button(page, 'Add an authenticator app').click())
  await seeHome(page)
  t.equal(apps, 3)
})
