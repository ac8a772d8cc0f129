import t from 'tap'
import { passSecondFactor, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'

const options = { secondFactorEnforcement: 'route', existenceChecks: true } as const

t.test('only require2FA asks for the second factor', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  t.equal((await user.session.inject('/examples/session')).statusCode, 200)
  t.equal((await user.session.inject('/examples/second-factor')).statusCode, 403)
  await passSecondFactor(app, user)
  t.equal((await user.session.inject('/examples/second-factor')).statusCode, 200)
})

t.test('the existence endpoints tell the truth when they are asked to', async (t) => {
  const app = await build(t, options)
  const { email, phoneNumber } = await signInWithSecondFactor(app)
  const ask = async (path: string) => (await app.inject(path)).json()
  t.same(await ask(`/auth/emailpassword/email/exists?email=${email}`), { status: 'OK', exists: true })
  t.same(await ask('/auth/emailpassword/email/exists?email=nobody@example.com'), { status: 'OK', exists: false })
  t.same(await ask(`/auth/passwordless/phonenumber/exists?phoneNumber=${encodeURIComponent(phoneNumber)}`), { status: 'OK', exists: true })
})
