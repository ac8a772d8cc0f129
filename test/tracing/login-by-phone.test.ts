import t from 'tap'
import { passSecondFactor, signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { flat, inRequest, outline, record } from './recorder.js'

const recorded = record(t)

t.test('with phone + password, a login of somebody who was here before is one tree, without their number', async (t) => {
  const app = await build(t, { firstFactor: 'phone-password' })
  const user = await signInWithSecondFactor(app)
  await inRequest(recorded, async () => {
    await passSecondFactor(app, await signIn(app, user))
  })
  t.strictSame(outline(recorded.roots()).filter((line) => !/ GET |password\.hash/.test(line)), [
    'request',
    ' first_factor.sign_in',
    '  POST /recipe/signin',
    '  POST /recipe/session',
    ' second_factor.ask',
    '  limits.windows',
    '  POST /recipe/signinup/code',
    '  PUT /recipe/session/data',
    '  sms.send',
    ' second_factor.answer',
    '  limits.tries',
    '  POST /recipe/signinup/code/consume',
    '  session.rotate',
    '   POST /recipe/session',
    '   POST /recipe/session/remove'
  ])
  t.notMatch(JSON.stringify(flat(recorded.roots())), user.phoneNumber.slice(-7))
  t.notMatch(JSON.stringify(flat(recorded.roots())), user.userId)
})

t.test('users are named by their ids where the app wants that', async (t) => {
  const app = await build(t, { firstFactor: 'phone-password', traceUserIds: true })
  const user = await inRequest(recorded, () => signInWithSecondFactor(app))
  const named = flat(recorded.roots()).filter(({ attributes }) => attributes['enduser.id'] !== undefined)
  t.strictSame(named.map(({ name, attributes }) => [name, attributes['enduser.id']]), ['first_factor.sign_up', 'second_factor.ask', 'second_factor.answer'].map((name) => [name, user.userId]))
})
