import t from 'tap'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { buildPages, ORIGIN, visit } from './visit.js'

const app = await buildPages(t)

t.test('whoever signs in with a browser that keeps no cookies is told so, and not only asked again', async (t) => {
  const { email, password } = await signInWithSecondFactor(app)
  const person = visit(app, { headers: { referer: `${ORIGIN}/auth` } })
  person.jar.set = () => person.jar
  await person.open('/auth')
  await person.press('Sign in', { email, password })
  t.match(person.shown, { status: 200, title: 'Sign in', text: /Your browser keeps no cookies\. Please allow them/ })
  await person.press('Sign in', { email, password })
  t.match(person.shown.text, /Your browser keeps no cookies/)
})

t.test('others are not: who comes from elsewhere, and who was signed out', async (t) => {
  const stranger = visit(app)
  await stranger.open('/auth/second-factor')
  t.match(stranger.shown, { title: 'Sign in', url: '/auth' })

  const { email, password } = await signInWithSecondFactor(app)
  const person = visit(app, { headers: { referer: `${ORIGIN}/auth` } })
  await person.open('/auth')
  await person.press('Sign in', { email, password })
  await person.press('Sign out')
  t.match(person.shown, { title: 'Sign in', url: '/auth' })
  t.notMatch(person.shown.text, /cookies/)
})
