import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import { advance, newPhoneNumber } from '../../src/testing/index.js'
import { freePort } from '../free-port.js'
import { bundle, writeFiles } from './harness/docs-code.js'
import { openTab, serveFiles } from './harness/docs-site.js'
import { startStage } from './harness/stage.js'
import { signUpOnPage } from './harness/stock-pages.js'

const PORTS = { plain: await freePort(), react: await freePort(), custom: await freePort() }
const site = (name: keyof typeof PORTS): string => `http://localhost:${PORTS[name]}`

const stage = await startStage(t, {
  appInfo: { websiteDomains: Object.keys(PORTS).map((name) => site(name as keyof typeof PORTS)) },
  limits: { sends: { cooldown: 0 } }
})

/** What a reader puts in place of the addresses in the docs. */
const address = (name: keyof typeof PORTS) => (code: string): string =>
  code.replaceAll('http://localhost:3000', stage.api).replaceAll('http://localhost:3001', site(name))

/** Statuses of the answers to refreshes, in all tabs of a browser. */
function refreshesOf (page: Page): number[] {
  const statuses: number[] = []
  page.context().on('response', (response) => {
    if (response.url() === `${stage.api}/auth/session/refresh` && response.request().method() === 'POST') statuses.push(response.status())
  })
  return statuses
}

t.test('a website without an SDK', async (t) => {
  const folder = await writeFiles(t, 'frontend/without-sdk', address('plain'))
  await serveFiles(t, PORTS.plain, async (path) => {
    if (path === '/favicon.ico') return ''
    return await readFile(join(folder, path === '/' ? 'index.html' : path), 'utf8')
  })
  const allow = ['401 /sessioninfo', '401 /auth/session/refresh', '503 /auth/session/refresh']
  let people = 0

  async function enter (page: Page, name: string, value: string, button: string): Promise<void> {
    await page.locator(`input[name=${name}]:visible`).fill(value)
    await page.getByRole('button', { name: button }).click()
  }

  async function signUp (page: Page): Promise<string> {
    const phoneNumber = newPhoneNumber()
    await page.locator('input[name=email]').fill(`plain-${++people}@example.com`)
    await enter(page, 'password', 'correct horse 1', 'Create an account')
    await enter(page, 'phoneNumber', phoneNumber, 'Send me a code')
    await page.locator('#code').waitFor()
    return phoneNumber
  }

  async function signedIn (page: Page): Promise<void> {
    const phoneNumber = await signUp(page)
    await enter(page, 'userInputCode', (await stage.newest(phoneNumber)).code!, 'Continue')
    await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  }

  /** Calls a guarded route through the wrapper, several times at once. */
  const call = (page: Page, times = 1): Promise<number[]> => page.evaluate(async (times) => {
    const wrapper = '/auth.js'
    const { api } = await import(wrapper) as { api (path: string): Promise<Response> }
    return await Promise.all(Array.from({ length: times }, async () => (await api('/sessioninfo')).status))
  }, times)

  t.test('signs up and enrols; a wrong code, a resent one, and a second visit', async (t) => {
    const page = await openTab(t, site('plain'), allow)
    const phoneNumber = await signUp(page)
    const { code } = await stage.newest(phoneNumber)
    await enter(page, 'userInputCode', code === '000000' ? '000001' : '000000', 'Continue')
    await page.getByText('This code is wrong.').waitFor()
    await page.getByRole('button', { name: 'Send it again' }).click()
    await page.getByText('We have sent a new code.').waitFor()
    await page.reload()
    await enter(page, 'userInputCode', (await stage.newest(phoneNumber)).code!, 'Continue')
    await page.getByRole('heading', { name: 'Welcome' }).waitFor()
    t.strictSame(await call(page), [200])

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('input[name=email]').fill(`plain-${people}@example.com`)
    await enter(page, 'password', 'wrong horse 1', 'Sign in')
    await page.getByText('E-mail or password is wrong.').waitFor()
    await enter(page, 'password', 'correct horse 1', 'Sign in')
    await page.locator('#code').waitFor()
    await enter(page, 'userInputCode', (await stage.newest(phoneNumber)).code!, 'Continue')
    await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  })

  t.test('two tabs whose token has expired refresh it once', async (t) => {
    const one = await openTab(t, site('plain'), allow)
    await signedIn(one)
    const other = await openTab(t, site('plain'), allow, one.context())
    await other.getByRole('heading', { name: 'Welcome' }).waitFor()
    advance('2h')
    const refreshes = refreshesOf(one)
    t.strictSame((await Promise.all([call(one, 3), call(other, 3)])).flat(), [200, 200, 200, 200, 200, 200])
    // Chromium's processes learn of each other's storage a moment later: then the other tab refreshes once more, with the new token.
    t.match(refreshes.join(' '), /^200( 200)?$/)
  })

  t.test('a sign-out in one tab is one in the other', async (t) => {
    const one = await openTab(t, site('plain'), allow)
    await signedIn(one)
    const other = await openTab(t, site('plain'), allow, one.context())
    await other.getByRole('button', { name: 'Sign out' }).click()
    for (const page of [one, other]) await page.getByRole('button', { name: 'Sign in' }).waitFor()
    const refreshes = refreshesOf(one)
    t.strictSame(await call(one), [401])
    t.strictSame(refreshes, [], 'without a session there is nothing to refresh')
  })

  t.test('an outage does not end a session, and an expiry does, in all tabs', async (t) => {
    const one = await openTab(t, site('plain'), allow)
    await signedIn(one)
    const other = await openTab(t, site('plain'), allow, one.context())
    advance('2h')
    stage.refuse('/auth/session/refresh', { status: 503, body: { message: 'later' } })
    t.strictSame(await call(one), [503])
    t.strictSame(await call(one), [200])

    advance('200d')
    const refreshes = refreshesOf(one)
    t.strictSame(await call(one), [401])
    await other.getByRole('button', { name: 'Sign in' }).waitFor()
    t.strictSame(await call(one), [401])
    t.strictSame(refreshes, [401], 'it is tried once')
  })

  t.test('the code is taken from the message where the browser has WebOTP', async (t) => {
    const page = await openTab(t, 'about:blank', allow)
    await page.exposeFunction('readMessage', async () => (await stage.newest()).code)
    await page.addInitScript(`
      window.OTPCredential = class {}
      navigator.credentials.get = async ({ otp }) => ({ code: otp.transport[0] === 'sms' && await readMessage() })
    `)
    await page.goto(site('plain'))
    await page.locator('input[name=email]').fill(`plain-${++people}@example.com`)
    await enter(page, 'password', 'correct horse 1', 'Create an account')
    await enter(page, 'phoneNumber', newPhoneNumber(), 'Send me a code')
    await page.getByRole('heading', { name: 'Welcome' }).waitFor()
  })
})

t.test('SuperTokens\' pages in React', async (t) => {
  const folder = await writeFiles(t, 'frontend/react', address('react'))
  const script = await bundle(folder, "import './app'")
  await serveFiles(t, PORTS.react, async (path) => path === '/bundle.js' ? script : undefined)
  const page = await openTab(t, site('react'), [])
  await signUpOnPage(page, stage)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.locator('input[name=email]').waitFor()
})

t.test('a user interface of one\'s own on supertokens-web-js', async (t) => {
  const folder = await writeFiles(t, 'frontend/custom-ui', address('custom'))
  const script = await bundle(folder, "import './init'; import * as flow from './sign-in'; import { userId } from './orders'; globalThis.flow = { ...flow, userId }")
  await serveFiles(t, PORTS.custom, async (path) => path === '/bundle.js' ? script : undefined)
  const page = await openTab(t, site('custom'), ['403 /sessioninfo', '401 /sessioninfo'])
  const run = (call: string): Promise<unknown> => page.evaluate(`flow.${call}`)
  const phoneNumber = newPhoneNumber()

  t.equal(await run('nextStep()'), 'password')
  t.equal(await run("enterPassword('sign in', 'own@example.com', 'correct horse 1')"), 'E-mail or password is wrong.')
  t.match(await run("enterPassword('sign up', 'own@example.com', 'short')"), /at least 8 characters/)
  t.equal(await run("enterPassword('sign up', 'own@example.com', 'correct horse 1')"), undefined)
  t.equal(await run('nextStep()'), 'phone')
  t.equal(await run('userId()'), undefined)
  t.match(await run("sendCode('12')"), /invalid|valid/i)
  t.equal(await run(`sendCode('${phoneNumber}')`), undefined)
  t.equal(await run('nextStep()'), 'code')
  const { code } = await stage.newest(phoneNumber)
  t.equal(await run(`enterCode('${code === '000000' ? '000001' : '000000'}')`), 'This code is wrong.')
  t.equal(await run('resendCode()'), undefined)
  t.equal(await run(`enterCode('${(await stage.newest(phoneNumber)).code}')`), undefined)
  t.equal(await run('nextStep()'), 'home')
  t.type(await run('userId()'), 'string')
  t.equal(await run('signOut()'), undefined)
  t.equal(await run('nextStep()'), 'password')
  t.equal(await run("enterPassword('sign in', 'own@example.com', 'correct horse 1')"), undefined)
  t.equal(await run('nextStep()'), 'code', 'the code is sent to the number that the session names')
})
