import t from 'tap'
import { startPlayground } from '../../playground/served.js'
import { atStep, openPlayground, openRoute, press, told, useNewestCode } from './visit.js'

const { website } = await startPlayground(t, { SECOND_FACTORS: 'email', EMAIL_FACTOR_FLOW: 'both', PASSWORD_RESET: 'false' })

t.test('a code by mail, and then a link: here it opens, elsewhere it shows the code', async (t) => {
  const page = await openPlayground(t, website)
  await press(page, 'Sign up')
  await atStep(page, 'Code')
  t.notOk(await page.getByRole('button', { name: 'Send the code' }).isVisible())
  await press(page, 'Send it by mail')
  await told(page, 'code', 'Sent.')
  await useNewestCode(page)
  await atStep(page, 'Open')
  t.match(await openRoute(page, 'second-factor'), /^200 /)

  await press(page, 'Sign out')
  await press(page, 'Sign in')
  await atStep(page, 'Code')
  await press(page, 'Send it by mail')
  await told(page, 'code', 'Sent.')
  const link = page.getByRole('link', { name: 'Open the link' }).first()
  const address = new URL((await link.getAttribute('href'))!)

  const elsewhere = await openPlayground(t, address.href)
  await told(elsewhere, 'code', /enter this code there: \d{6}\./)
  t.equal(new URL(elsewhere.url()).hash, '', 'the address forgets the link')

  await link.click()
  await atStep(page, 'Open')
  t.match(await openRoute(page, 'second-factor'), /^200 /)
})
