import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { newPhoneNumber } from '../../src/testing/sign-in.js'
import { coreOverHttp } from '../embedded-core/over-http.js'
import { startMfaApp, type OtherApp } from './other-app.js'
import { createPerson, type Person } from './person.js'
import { migrate, startProduct } from './product.js'

const connectionURI = await coreOverHttp({ run: async (_job, work) => await work() })
const OK = { status: 200, body: { status: 'OK' } }

async function pass (t: Test, person: Person, { codeFor }: Pick<OtherApp, 'codeFor'>): Promise<void> {
  t.match(await person.ask(), OK)
  t.match(await person.answer(await codeFor(person.phoneNumber)), OK)
  t.equal((await person.get('/any')).status, 200)
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`from SuperTokens' MFA recipe to here and back, with the same phone (${transferMethod})`, async (t) => {
    const newPerson = () => createPerson(`${randomUUID()}@example.com`, newPhoneNumber(), transferMethod, { beside: { shouldTryLinkingWithSessionUser: true } })
    const [moved, born] = [newPerson(), newPerson()]
    const mfa = await startMfaApp(t, { connectionURI })
    moved.use(mfa.origin)
    t.match(await moved.signUp(), OK)
    t.equal((await moved.get('/any')).status, 403)
    await pass(t, moved, mfa)
    await mfa.end()

    t.match((await migrate(t, connectionURI, 'email-password', 'from-mfa')).report.changes, { 'phone-adopted': 1 })
    const product = await startProduct(t, connectionURI)
    moved.use(product.origin)
    t.equal((await moved.get('/any')).status, 403, 'what that recipe has checked is asked for once more')
    t.equal((await moved.refresh()).status, 200, 'in the same session')
    t.match(await moved.ask(newPhoneNumber()), { body: { status: 'SIGN_IN_UP_NOT_ALLOWED' } }, 'no code goes to another number')
    await pass(t, moved, product)
    t.match(await moved.signIn(), OK)
    await pass(t, moved, product)
    born.use(product.origin)
    t.match(await born.signUp(), OK)
    await pass(t, born, product)
    await product.app.close()

    t.match((await migrate(t, connectionURI, 'email-password', 'to-mfa')).report.changes, { 'phone-linked': 1 })
    const back = await startMfaApp(t, { connectionURI })
    for (const person of [moved, born]) {
      person.use(back.origin)
      t.equal((await person.get('/any')).status, 200, 'the sessions say what that recipe reads')
      t.match(await person.signIn(), OK)
      t.equal((await person.get('/any')).status, 403)
      await pass(t, person, back)
    }
    await back.end()
    const here = await startProduct(t, connectionURI)
    for (const person of [moved, born]) {
      person.use(here.origin)
      t.match(await person.signIn(), OK)
      await pass(t, person, here)
    }
    await here.app.close()
  })
}
