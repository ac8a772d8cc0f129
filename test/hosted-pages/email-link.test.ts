import t from 'tap'
import { buildPages, codeFor, linkTo, visit } from './visit.js'

const app = await buildPages(t, { secondFactors: ['email'], emailFactorFlow: 'both', oneMailboxForBothFactors: true })

type Visit = ReturnType<typeof visit>

/** Does what `link.js` does with a link: the fragment goes into the form. */
async function openLink (person: Visit, link: string): Promise<void> {
  await person.open(link.replace(/#.*/, ''))
  await person.press('Continue', { linkCode: link.split('#')[1]! })
}

async function signUp (email: string): Promise<Visit> {
  const person = visit(app)
  await person.open('/auth/sign-up?redirect=%2Fsessioninfo')
  await person.press('Create an account', { email, password: 'correct horse 1' })
  return person
}

t.test('the link in the mail finishes the sign-in of the browser that asked', async (t) => {
  const person = await signUp('ann@example.com')
  await person.press('Send the code')
  t.match(person.shown.text, 'We have sent you a code and a link')
  await openLink(person, linkTo(app, 'ann@example.com'))
  t.match(person.shown, { status: 200, url: '/sessioninfo' })
})

t.test('in another browser, the page shows the code to type, and lets nobody in', async (t) => {
  const person = await signUp('ben@example.com')
  await person.press('Send the code')
  const other = visit(app)
  await openLink(other, linkTo(app, 'ben@example.com'))
  t.match(other.shown, { status: 422, text: /This browser did not ask for the link/ })
  t.match(other.shown.text, codeFor(app, 'ben@example.com'))
  t.equal(other.jar.size, 0)
  await person.press('Continue', { code: codeFor(app, 'ben@example.com') })
  t.match(person.shown, { status: 200, url: '/sessioninfo' })
  await openLink(person, linkTo(app, 'ben@example.com'))
  t.match(person.shown, { status: 422, text: /too old, or was used already/ }, 'a used link')
  await person.follow('Continue')
  t.equal(person.shown.url, '/auth/security')
})

t.test('without scripts, the page says what to do; nothing is in it that a scanner could press', async (t) => {
  const person = visit(app)
  await person.open('/auth/verify?preAuthSessionId=%22%3E%3Cscript%3E')
  t.match(person.shown.document.querySelector('noscript')!.text, 'If the mail has a code')
  t.notOk(person.shown.document.querySelector('main script'))
  await person.press('Continue')
  t.match(person.shown, { status: 422 })
})
