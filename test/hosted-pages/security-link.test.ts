import t from 'tap'
import { securityApp, signUpWithPhone, type Person } from './security.js'
import { linkTo } from './visit.js'

const app = await securityApp({ secondFactors: ['sms', 'email'], emailFactorFlow: 'link', oneMailboxForBothFactors: true, hostedPages: { afterSignIn: '/app' } })

/** Follows a link of the factor by mail; its script sends the fragment. */
async function follow (person: Person, address: string): Promise<void> {
  const [page, linkCode] = linkTo(app, address).split('#') as [string, string]
  await person.open(page)
  await person.press('Continue', { linkCode })
}

t.test('an address for links is added and changed by links, which lead back here', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await person.follow('Add an e-mail address')
  await person.press('Send the link')
  t.match(person.shown.text, 'We have sent you a link. Open it in this browser.')
  t.equal(person.shown.document.querySelector('#code'), null)
  await follow(person, account.login)
  t.match(person.shown, { url: '/auth/security', text: /A code by e-mail to p•••@example\.com/ })

  await person.follow('Change the address for codes')
  await person.press('Send the link', { contact: `links-${account.login}` })
  await follow(person, `links-${account.login}`)
  t.match(person.shown, { url: '/auth/security', text: /A code by e-mail to l•••@example\.com/ })
})

t.test('the link for another address to sign in with leads back here', async (t) => {
  const { person, account } = await signUpWithPhone(app)
  await person.follow('Change the e-mail address')
  await person.press('Send the link', { email: `new-${account.login}` })
  await person.open(app.twoFactor.outbox.last(`new-${account.login}`)!.link!)
  await person.press('Confirm the address')
  if (person.shown.url !== '/auth/security') await person.follow('Continue')
  t.match(person.shown, { url: '/auth/security', text: new RegExp(`You sign in with new-${account.login}`) })
})
