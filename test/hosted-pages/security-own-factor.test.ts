import t from 'tap'
import { signUp } from '../../src/testing/index.js'
import { passFactor } from '../attacks/suite/way.js'
import { createWordFactor } from '../second-factor/word-factor.js'
import { securityApp } from './security.js'
import { visit } from './visit.js'

const app = await securityApp({ secondFactors: [createWordFactor()] })

t.test('a factor of the app is listed, and is no account without one', async (t) => {
  const user = await signUp(app)
  await passFactor(app, user)
  const person = visit(app)
  for (const [name, value] of user.session.cookies) person.jar.set(name, { value, path: '/' })
  await person.open('/auth/security')
  t.match(person.shown, { title: 'My security', text: /Second step word/ })
  t.notMatch(person.shown.text, /You have no second step yet|Add a/)
})
