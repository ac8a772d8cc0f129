import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { ProviderInput } from '../../src/supertokens/for-hosts.js'
import { newPhoneNumber } from '../../src/testing/sign-in.js'
import { SERVICE, startOidcProvider } from '../flows/social-login/oidc.js'
import { fromGuides } from './from-guides.js'
import { startGuideApp } from './other-app.js'
import { createPerson, type Person } from './person.js'

const oidc = await startOidcProvider(t)
const providers: ProviderInput[] = [{
  config: { thirdPartyId: 'loopback', oidcDiscoveryEndpoint: oidc.discoveryEndpoint, clients: [{ clientId: SERVICE.client_id, clientSecret: SERVICE.client_secret, scope: ['openid', 'email'] }] }
}]
const { connectionURI, command, startProduct } = await fromGuides('two-factor', providers)

/** What frontends of ThirdPartyEmailPassword send with each request; their paths are those of today. */
const OLD_FRONTEND = { headers: { rid: 'thirdpartyemailpassword', 'fdi-version': '1.16,1.17' } }

t.test('frontends of ThirdPartyEmailPassword get the same answers as before', async (t) => {
  async function answersFor (person: Person, codeFor: (number: string) => Promise<string>) {
    const [signedUp, exists, signedIn] = [await person.signUp(), await person.get(`/auth/signup/email/exists?email=${person.login}`), await person.signIn()]
    const [asked, passed, refreshed] = [await person.ask(), await person.answer(await codeFor(person.phoneNumber)), await person.refresh()]
    const shapes = [signedUp, signedIn, passed].map(({ status, body }) => [status, body.status, Object.keys(body.user as object).sort()])
    return { shapes, asked: [asked.status, asked.body.status], exists: [exists.status, exists.body.status], refreshed: refreshed.status, any: await person.get('/any') }
  }
  const guide = await startGuideApp(t, { connectionURI, system: 'two-factor' })
  const product = await startProduct(t)
  for (const transferMethod of ['cookie', 'header'] as const) {
    const newPerson = (origin: string) => {
      const person = createPerson(`${randomUUID()}@example.com`, newPhoneNumber(), transferMethod, OLD_FRONTEND)
      person.use(origin)
      return person
    }
    const [before, after] = [await answersFor(newPerson(guide.origin), guide.codeFor), await answersFor(newPerson(product.origin), product.codeFor)]
    t.same(after, before)
    t.same(after.shapes[0], [200, 'OK', ['email', 'id', 'timeJoined']])
    t.equal(after.any.status, 200)
  }
})

t.test('who signs in at a provider keeps account and phone, beside a password account of the same address', async (t) => {
  const email = `${randomUUID()}@example.com`
  oidc.addAccount(email, { email, email_verified: true })
  const [social, byPassword] = [newPhoneNumber(), newPhoneNumber()].map((phoneNumber) => createPerson(email, phoneNumber, 'cookie', OLD_FRONTEND)) as [Person, Person]
  const guide = await startGuideApp(t, { connectionURI, system: 'two-factor', providers })
  for (const person of [social, byPassword]) person.use(guide.origin)
  t.match(await social.signInAt('loopback'), { body: { status: 'OK', createdNewUser: true } })
  t.match(await byPassword.signUp(), { body: { status: 'OK' } })
  for (const person of [social, byPassword]) {
    await person.ask()
    t.match(await person.answer(await guide.codeFor(person.phoneNumber)), { body: { status: 'OK' } })
  }
  const ids = [social.userId, byPassword.userId]
  await guide.end()

  const product = await startProduct(t)
  for (const person of [social, byPassword]) {
    person.use(product.origin)
    t.equal((await person.get('/any')).status, 200)
  }
  t.match(await social.signInAt('loopback'), { body: { status: 'OK', createdNewUser: false } })
  t.match(await byPassword.signIn(), { body: { status: 'OK' } })
  t.same([social.userId, byPassword.userId], ids)
  t.match(await social.ask(byPassword.phoneNumber), { body: { status: 'SIGN_IN_UP_NOT_ALLOWED' } }, 'the phone of the other account is not its own')
  for (const person of [social, byPassword]) {
    await person.ask()
    t.match(await person.answer(await product.codeFor(person.phoneNumber)), { body: { status: 'OK' } })
    t.equal((await person.get('/any')).status, 200)
  }
})

t.test('attack: who has swapped a code in the app of the guides is found before the move, and passes once more after it', async (t) => {
  const guide = await startGuideApp(t, { connectionURI, system: 'two-factor' })
  const newPerson = () => createPerson(`${randomUUID()}@example.com`, newPhoneNumber(), 'header')
  const [owner, thief] = [newPerson(), newPerson()]
  for (const person of [owner, thief]) {
    person.use(guide.origin)
    await person.signUp()
    await person.ask()
    await person.answer(await guide.codeFor(person.phoneNumber))
  }
  // The password is known. A code that the thief has asked for with an account of their own passes in the owner's.
  const stolen = createPerson(owner.login, thief.phoneNumber, 'header')
  stolen.use(guide.origin)
  await stolen.signIn()
  const asked = await thief.ask()
  t.match(await stolen.post('/auth/signinup/code/consume', { ...asked.body, userInputCode: await guide.codeFor(thief.phoneNumber) }), { body: { status: 'OK' } }, 'as the guides have it')
  t.equal((await stolen.get('/any')).status, 200)
  await guide.end()

  const { findings } = (await command(t, 'check')).report
  t.same(findings.filter(({ problem }) => problem === 'phone-shared').map(({ userId, others }) => [userId, others]).sort(), [[owner.userId, [thief.userId]], [thief.userId, [owner.userId]]].sort())
  t.match((await command(t, 'from-guides', '--ask-again')).report.changes['session-asks-again'], Number)
  const product = await startProduct(t)
  stolen.use(product.origin)
  t.equal((await stolen.refresh()).status, 200)
  t.equal((await stolen.get('/any')).status, 403)
})
