import type { Test } from 'tap'
import { checkAccessibility } from '../harness/accessibility.js'
import { pathTo } from '../../root.js'
import { atStep, moveClock, openPlayground, openRoute, press, told, useNewestCode } from './visit.js'

/** Everything that a newcomer can do on the page, in either system. */
export async function wholeStory (t: Test, website: string, { claim, byPhone }: { claim: string, byPhone: boolean }): Promise<void> {
  const page = await openPlayground(t, website, { viewport: { width: 1200, height: 960 } })
  await atStep(page, 'Password')
  t.ok(await page.locator('#exchange-empty').isVisible(), 'nobody has asked for anything yet')
  await checkAccessibility(t, page)
  t.match(await openRoute(page, 'second-factor'), /^401 /)
  t.match(await openRoute(page, 'optional-session'), /^200 /)

  await press(page, 'Sign up')
  await atStep(page, 'Code')
  const exchange = page.locator('#exchange')
  await exchange.filter({ hasText: 'POST /auth/signup' }).waitFor()
  t.notMatch(await exchange.textContent(), 'correct horse', 'the password is not shown')
  t.match(await openRoute(page, 'second-factor'), new RegExp(`^403 .*${claim}`))
  t.match(await openRoute(page, 'session'), /^200 /)
  await exchange.filter({ hasText: 'GET /examples/session' }).waitFor()
  t.match(await exchange.textContent(), /^GET \/examples\/session\nrid: anti-csrf[^]*200 OK/)

  if (byPhone) await page.getByText('The code goes to +12125550123').waitFor()
  await press(page, 'Send the code')
  const use = page.getByRole('button', { name: /^Use \d+$/ }).first()
  await use.waitFor()
  const code = (await use.textContent())!.replace('Use ', '')
  await page.getByLabel('Code', { exact: true }).fill(code === '000000' ? '111111' : '000000')
  await press(page, 'Enter')
  await told(page, 'code', 'This code is wrong.')
  await press(page, 'Send again')
  await page.locator('#code-message[role=alert]', { hasText: /\w/, hasNotText: 'wrong' }).waitFor()
  await moveClock(page, /cool-down/)
  await press(page, 'Send again')
  await told(page, 'code', 'Sent again')
  await page.getByRole('button', { name: /^Use \d+$/ }).nth(1).waitFor()
  await useNewestCode(page)
  await atStep(page, 'Open')
  t.match(await page.locator('#payload').textContent(), `"${claim}"`)
  await checkAccessibility(t, page)
  for (const name of ['second-factor', 'fresh-second-factor', 'session-data']) t.match(await openRoute(page, name), /^200 /, name)
  for (const name of ['admin', 'permission']) t.match(await openRoute(page, name), /^403 /, name)
  if (process.env.WRITE_PICTURES === 'true' && !byPhone) {
    await page.evaluate('scrollTo(0, 0)')
    await page.screenshot({ path: pathTo('docs/playground.png') })
  }

  await moveClock(page, 'Clock ahead by five minutes')
  t.match(await openRoute(page, 'second-factor'), /^200 /)
  t.match(await openRoute(page, 'fresh-second-factor'), /^403 /, 'five minutes are over')
  await press(page, 'Pass it again')
  await press(page, 'Send the code')
  await told(page, 'code', 'Sent.')
  await useNewestCode(page)
  await told(page, 'code', 'Both factors have passed.')
  t.match(await openRoute(page, 'fresh-second-factor'), /^200 /)

  const refreshed = page.waitForResponse((response) => response.url().endsWith('/session/refresh') && response.status() === 200)
  await moveClock(page, 'Clock ahead by a day')
  t.match(await openRoute(page, 'second-factor'), /^200 /, 'the session goes on')
  await refreshed

  await press(page, 'Sign out')
  await atStep(page, 'Password')
  await told(page, 'password', 'Signed out.')
  t.equal(await page.locator('#code-message').textContent(), '', 'nothing says any more that the factors have passed')
  for (const answer of await page.locator('#routes output').all()) t.equal(await answer.textContent(), '', 'nor that a route is open')
  await press(page, 'Sign up')
  await page.locator('#password-message[role=alert]', { hasText: /\w/ }).waitFor()
  await press(page, 'Sign in')
  await atStep(page, 'Code')
  await page.getByText('The code goes to +12125550123').waitFor()

  await press(page, 'Forget me')
  await told(page, 'tools', 'Your account and your session are gone.')
  await atStep(page, 'Password')
  await press(page, 'Sign in')
  await told(page, 'password', 'There is no account')
  await press(page, 'Forget me')
  await told(page, 'tools', 'Nobody is signed in here.')
  await press(page, 'Sign up')
  await atStep(page, 'Code')
}

/** On a narrow screen, with the keyboard alone, without motion, in the dark. */
export async function keyboardStory (t: Test, website: string): Promise<void> {
  const page = await openPlayground(t, website, { viewport: { width: 320, height: 640 }, reducedMotion: 'reduce', colorScheme: 'dark' })
  const focused = async (): Promise<string> => await page.evaluate('document.activeElement.id || document.activeElement.textContent')
  async function tabTo (wanted: string | RegExp): Promise<void> {
    for (let presses = 0; presses < 80; presses++) {
      await page.keyboard.press('Tab')
      const name = await focused()
      if (typeof wanted === 'string' ? name === wanted : wanted.test(name)) return
    }
    throw new Error(`The Tab key does not reach ${wanted}`)
  }
  async function fits (): Promise<void> {
    t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing is wider than the screen')
    await checkAccessibility(t, page)
  }
  await fits()
  t.ok(await page.evaluate('[...document.querySelectorAll("#steps li")].every((step) => step.scrollWidth <= step.clientWidth)'), 'the steps fit')
  await tabTo('login')
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type(await page.locator('#login').getAttribute('type') === 'tel' ? '+12125550147' : 'keyboard@example.com')
  await tabTo('sign-up')
  await page.keyboard.press('Enter')
  await atStep(page, 'Code')
  await page.locator('#code-heading:focus').waitFor()
  const phone = page.locator('#phone')
  if (await phone.isVisible()) {
    await tabTo('phone')
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('+12125550147')
  }
  await tabTo('Send the code')
  await page.keyboard.press('Enter')
  await page.locator('#code:focus').waitFor()
  await tabTo(/^Use \d+$/)
  t.ok(await page.evaluate('document.activeElement.getBoundingClientRect().bottom - document.getElementById("code").getBoundingClientRect().top < innerHeight'), 'the code and its field fit on one screen')
  await page.keyboard.press('Enter')
  await page.locator('#code:focus').waitFor()
  await page.keyboard.press('Enter')
  await atStep(page, 'Open')
  await page.locator('#open-heading:focus').waitFor()
  t.equal(await page.evaluate('getComputedStyle(document.querySelector("#steps li")).transitionDuration'), '0s')
  await page.getByText('The code of the request').click()
  await fits()
}
