import t from 'tap'
import { buildPages, linkTo, visit } from './visit.js'

const app = await buildPages(t, { secondFactors: ['email'], emailFactorFlow: 'link', oneMailboxForBothFactors: true })

t.test('where mails have a link alone, no code is asked for', async (t) => {
  const person = visit(app)
  await person.open('/auth/sign-up?redirect=%2Fsessioninfo')
  await person.press('Create an account', { email: 'ann@example.com', password: 'correct horse 1' })
  await person.press('Send the link')
  t.match(person.shown.text, 'We have sent you a link. Open it in this browser.')
  t.notOk(person.shown.document.querySelector('#code'))
  const link = linkTo(app, 'ann@example.com')
  await person.open(link.replace(/#.*/, ''))
  await person.press('Continue', { linkCode: link.split('#')[1]! })
  t.match(person.shown, { status: 200, url: '/sessioninfo' })
})
