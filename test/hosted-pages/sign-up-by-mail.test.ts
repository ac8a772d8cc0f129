import t from 'tap'
import { buildPages, linkTo, visit } from './visit.js'

const app = await buildPages(t, { signUpByMail: true, emailVerification: 'required' })

t.test('known and new addresses get the same page, and the link chooses the password', async (t) => {
  const pages = []
  for (const email of ['ann@example.com', 'ann@example.com', 'new@example.com']) {
    const person = visit(app)
    await person.open('/auth/sign-up?redirect=%2Fsessioninfo')
    await person.press('Create an account', { email, password: 'correct horse 1' })
    t.match(person.shown, { status: 200, title: 'Please look into your mail' })
    pages.push(person.shown.document.toString())
    if (pages.length === 3) {
      await person.open(linkTo(app, email))
      await person.press('Save', { password: 'correct horse 2' })
      await person.press('Sign in', { email, password: 'correct horse 2' })
      t.match(person.shown, { url: '/auth/second-factor/sms?redirect=%2Fsessioninfo' }, 'the address is verified by it')
    }
  }
  t.equal(new Set(pages).size, 1)
})

t.test('what the form refuses is marked in it', async (t) => {
  const person = visit(app)
  await person.open('/auth/sign-up')
  await person.press('Create an account', { email: 'no address', password: 'x' })
  t.match(person.shown, { status: 422, title: 'Create an account' })
  t.equal(person.shown.document.querySelectorAll('[aria-invalid]').length, 2)
})
