import t from 'tap'
import { convertToRecipeUserId } from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import type { FastifyInstance } from 'fastify'
import { createTestSession, signIn, signUp } from '../../src/testing/index.js'
import { brotliDecompressSync } from 'node:zlib'
import { isCommonPassword } from '../../src/first-factor/blocklist.js'
import { COMMON_PASSWORDS } from '../../src/first-factor/common-passwords.js'
import { foldPassword } from '../../src/first-factor/normal-password.js'
import { isMadeOf, wordsOf } from '../../src/first-factor/own-words.js'
import { build } from '../helper.js'

const COMMON = 'Many people have this password, so it is guessed first. Please choose another one.'
const OWN = 'This password is easy to guess, since it is made of your address, your number or the name of this service. Please choose another one.'
const SHORT = 'Please choose a password of at least 8 characters.'
const LONG = 'Password must not be longer than 72 characters. Accents, other scripts and emoji count as several'

interface Answer { status: string, formFields?: { id: string, error: string }[] }

let count = 0
const newAddress = (local = `user${++count}`): string => `${local}@mail${++count}.policy-test.example`

async function signUpWith (app: FastifyInstance, password: string, email = newAddress()): Promise<Answer> {
  const formFields = [{ id: 'email', value: email }, { id: 'password', value: password }]
  return (await createTestSession(app).inject({ method: 'POST', url: '/auth/signup', payload: { formFields } })).json()
}

async function signInWith (app: FastifyInstance, email: string, password: string): Promise<string> {
  const formFields = [{ id: 'email', value: email }, { id: 'password', value: password }]
  return (await createTestSession(app).inject({ method: 'POST', url: '/auth/signin', payload: { formFields } })).json<Answer>().status
}

async function linkFor (app: FastifyInstance, email: string): Promise<string> {
  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value: email }] } })
  return new URL(app.twoFactor.outbox.last(email)!.link!).searchParams.get('token')!
}

const reset = async (app: FastifyInstance, token: string, password: string): Promise<Answer> =>
  (await app.inject({ method: 'POST', url: '/auth/user/password/reset', payload: { method: 'token', token, formFields: [{ id: 'password', value: password }] } })).json()

const refusal = (error: string): Answer => ({ status: 'FIELD_ERROR', formFields: [{ id: 'password', error }] })

const limits = { signUps: false, sends: false } as const
const appInfo = { appName: 'Blue Kettle' }

t.test('what a new password has to be', async (t) => {
  const app = await build(t, { appInfo, limits })

  t.test('short ones are refused, and characters are code points', async (t) => {
    t.strictSame(await signUpWith(app, 'x7$kQ2m'), refusal(SHORT))
    t.strictSame(await signUpWith(app, ''), { status: 'FIELD_ERROR', formFields: [{ id: 'password', error: 'Field is not optional' }] })
    t.strictSame(await signUpWith(app, '🦊🐻🐼🦁🐯🐨🐮'), refusal(SHORT), 'seven emoji are fourteen UTF-16 units')
    t.equal((await signUpWith(app, '🦊🐻🐼🦁🐯🐨🐮🐷')).status, 'OK', 'eight emoji')
    t.strictSame(await signUpWith(app, 'é'.normalize('NFD').repeat(7)), refusal(SHORT), 'two code points for one letter are one')
  })

  t.test('no kind of character is asked for, and 64 are taken', async (t) => {
    for (const password of ['wombatlantern', '83920175', 'ünïcödé wörds', ' spaces  around ', 'пароль от лампы', 'v'.repeat(64)]) {
      t.equal((await signUpWith(app, password)).status, 'OK', password)
    }
    t.equal((await signUpWith(app, 'v'.repeat(72))).status, 'OK')
    t.strictSame(await signUpWith(app, 'v'.repeat(73)), refusal(LONG))
    t.strictSame(await signUpWith(app, '\ufdfa'.repeat(8)), refusal(LONG), 'counted as it is stored: one sign becomes eighteen')
  })

  t.test('the commonest are refused, in capital letters too', async (t) => {
    for (const password of ['password1', 'Password1', 'PASSWORD1', 'iloveyou', 'qwertyuiop', '12345678', 'trustno1', 'ｐａｓｓｗｏｒｄ1']) {
      t.strictSame(await signUpWith(app, password), refusal(COMMON), password)
    }
    t.equal((await signUpWith(app, 'password1 under the lantern')).status, 'OK', 'a long one may hold a common one')
  })

  t.test('what is made of the name of the app, or of the person\'s address, is refused', async (t) => {
    for (const password of ['bluekettle', 'BlueKettle2026!', 'kettle-kettle', '2026 blue kettle', '!!Kettle99']) t.strictSame(await signUpWith(app, password), refusal(OWN), password)
    const address = 'alice.fairweather@hollowtree.example'
    for (const password of ['Fairweather', 'fairweather1987', 'AliceFairweather', 'alice.fairweather@hollowtree.example', 'Hollowtree!!', 'alice kettle 12', 'example1234']) {
      t.strictSame(await signUpWith(app, password, address), refusal(OWN), password)
    }
    t.equal((await signUpWith(app, 'alice likes warm tea', address)).status, 'OK', 'there are other words in it')
  })

  t.test('all that is wrong with a form is said at once', async (t) => {
    const { formFields } = await signUpWith(app, 'short', 'no address')
    t.strictSame(formFields?.map(({ id }) => id).sort(), ['email', 'password'])
  })

  t.test('a reset holds to the same, and a refusal does not cost the link', async (t) => {
    const user = await signUp(app, { email: 'nora.brackenridge@policy-test.example' })
    const token = await linkFor(app, user.email)
    t.strictSame(await reset(app, token, 'short'), refusal(SHORT))
    t.strictSame(await reset(app, token, 'Password1'), refusal(COMMON))
    t.strictSame(await reset(app, token, 'Blue Kettle 7'), refusal(OWN))
    t.strictSame(await reset(app, token, 'Brackenridge1'), refusal(OWN))
    t.strictSame(await reset(app, token, 'wombat lantern'), { status: 'OK' })
    t.equal(await signInWith(app, user.email, 'wombat lantern'), 'OK')
  })

  t.test('calls of the host\'s hold to it, unless it says otherwise', async (t) => {
    const { userId, email } = await signUp(app, { email: 'quillon@policy-test.example' })
    const recipeUserId = convertToRecipeUserId(userId)
    t.match(await EmailPassword.signUp('public', newAddress(), 'short'), { status: 'OK' }, 'a host that signs users up decides')
    t.match(await EmailPassword.updateEmailOrPassword({ recipeUserId, password: `${email}1` }), { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason: OWN })
    t.match(await EmailPassword.updateEmailOrPassword({ recipeUserId, password: 'Password1' }), { status: 'PASSWORD_POLICY_VIOLATED_ERROR', failureReason: COMMON })
    t.match(await EmailPassword.updateEmailOrPassword({ recipeUserId, password: 'Password1', applyPasswordPolicy: false }), { status: 'OK' })
  })

  t.test('passwords from before keep working, whatever they are', async (t) => {
    for (const [name, password] of Object.entries({ short: 'abc', common: 'password', decomposed: 'cafe\u0301 noir', fullWidth: 'ｗｉｄｅ open' })) {
      const email = newAddress(name)
      const made = await EmailPassword.signUp('public', email, 'wombat lantern')
      if (made.status !== 'OK') throw new Error(made.status)
      // As another system has stored it.
      const response = await app.twoFactor.core.fetch(`${app.twoFactor.core.connectionURI}/recipe/user`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'api-key': app.twoFactor.core.apiKey ?? '' },
        body: JSON.stringify({ recipeUserId: made.recipeUserId.getAsString(), password })
      })
      t.match(await response.json(), { status: 'OK' })
      t.equal(await signInWith(app, email, password), 'OK', name)
      t.equal(await signInWith(app, email, `${password}x`), 'WRONG_CREDENTIALS_ERROR', name)
    }
  })

  t.test('one password is typed in several ways', async (t) => {
    const user = await signUp(app, { password: 'Ünïcödé ﬁsh ①'.normalize('NFD') })
    for (const password of [user.password, user.password.normalize('NFC'), user.password.normalize('NFKC')]) t.equal(await signInWith(app, user.email, password), 'OK')
    t.equal(await signInWith(app, user.email, user.password.toLowerCase()), 'WRONG_CREDENTIALS_ERROR', 'capital letters count')
    t.ok((await signIn(app, user)).userId)
  })
})

t.test('the list', async (t) => {
  const passwords = brotliDecompressSync(Buffer.from(COMMON_PASSWORDS, 'base64')).toString().split('\n').slice(1, -1)
  t.ok(passwords.length >= 100_000, `${passwords.length} passwords`)
  t.equal(new Set(passwords).size, passwords.length, 'none twice')
  t.strictSame(passwords.filter((password) => foldPassword(password) !== password || [...password].length < 8), [], 'as they are compared')
  t.ok(passwords.every((password, i) => i === 0 || passwords[i - 1]! < password), 'sorted')
  const some = passwords.filter((_password, i) => i % 50 === 0 || i === passwords.length - 1)
  const found = await Promise.all(some.map(isCommonPassword))
  t.ok(found.every(Boolean), 'from the first to the last is found')
  for (const around of ['', '\n', '!', '\uffff', ` ${some[1]!}`, `${some[1]!}\n`, `${some[0]!}\n${some[1]!}`]) t.notOk(await isCommonPassword(around), 'nothing else')
})

t.test('words of a person', async (t) => {
  t.strictSame(wordsOf('Alice.O-Neill+shop@mail.example.co.uk').sort(), ['alice', 'example', 'mail', 'neill', 'shop'])
  t.strictSame(wordsOf('alice87@2fa.example'), ['alice87', '2fa', 'example', 'alice'])
  t.strictSame(wordsOf('+49 1512 3456789'), ['1512', '3456789', '15123456789'])
  const phone = wordsOf('+4915123456789')
  for (const password of ['4915123456789', '+49 1512 3456789', '015123456789', '15123456789!', '0049 1512-3456789']) t.ok(isMadeOf(password, phone), password)
  for (const password of ['1512 345', '98765432', 'x4915123456789']) t.notOk(isMadeOf(password, phone), password)
  t.notOk(isMadeOf('12345678', []), 'there has to be a word of theirs')
})
