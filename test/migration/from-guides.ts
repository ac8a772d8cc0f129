import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { UserMetadata, type ProviderInput } from '../../src/supertokens/for-hosts.js'
import { newPhoneNumber } from '../../src/testing/sign-in.js'
import type { TransferMethod } from '../../src/testing/index.js'
import type { Report } from '../../src/migrate/adopt/report.js'
import { coreOverHttp } from '../embedded-core/over-http.js'
import type { GuideOptions } from './guide-app.js'
import { startGuideApp, type OtherApp } from './other-app.js'
import { createPerson, type Person } from './person.js'
import { migrate, startProduct, type Product } from './product.js'

const OK = { status: 200, body: { status: 'OK' } }

export interface Stage {
  connectionURI: string
  /** `migrate`, with the settings of the product. */
  command (t: Test, ...words: string[]): Promise<{ code: number, report: Report }>
  startProduct (t: Test): Promise<Product>
}

/**
 * From an app of the guides to this product, on the same Core: people sign up there, the app ends, and this product goes on
 * with their sessions and phones.
 */
export async function fromGuides (system: GuideOptions['system'], providers: ProviderInput[] = []): Promise<Stage> {
  const byPhone = system === 'phone-password'
  const connectionURI = await coreOverHttp({ run: async (_job, work) => await work() })
  const firstFactor = byPhone ? 'phone-password' : 'email-password'
  const stage: Stage = {
    connectionURI,
    command: (t, ...words) => migrate(t, connectionURI, firstFactor, ...words),
    startProduct: (t) => startProduct(t, connectionURI, firstFactor, providers)
  }
  const { command } = stage

  function newPerson (transferMethod: TransferMethod): Person {
    const phoneNumber = newPhoneNumber()
    return createPerson(byPhone ? phoneNumber : `${randomUUID()}@example.com`, phoneNumber, transferMethod)
  }

  async function pass (t: Test, person: Person, server: Pick<OtherApp, 'codeFor'>): Promise<void> {
    t.match(await person.ask(), OK, 'a code is sent')
    t.match(await person.answer(await server.codeFor(person.phoneNumber)), OK, 'the code passes')
  }

  for (const transferMethod of ['cookie', 'header'] as const) {
    t.test(`nobody loses a session or a phone (${system}, ${transferMethod})`, async (t) => {
      const guide = await startGuideApp(t, { connectionURI, system })
      const [signedIn, half, asking, thief] = [newPerson(transferMethod), newPerson(transferMethod), newPerson(transferMethod), newPerson(transferMethod)]
      const unenrolled = newPerson(transferMethod)
      for (const person of [signedIn, half, asking, unenrolled]) {
        person.use(guide.origin)
        t.match(await person.signUp(), OK)
        t.equal((await person.get('/any')).status, 403)
      }
      for (const person of [signedIn, half, asking]) {
        await pass(t, person, guide)
        t.equal((await person.get('/any')).status, 200)
      }
      for (const person of [half, asking]) {
        t.match(await person.signIn(), OK)
        t.equal((await person.get('/any')).status, 403)
      }
      t.match(await asking.ask(), OK)
      const codeOfGuide = await guide.codeFor(asking.phoneNumber)
      await guide.end()

      const changes = byPhone ? {} : { 'number-noted': 3 }
      t.match(await command(t, 'check'), { code: 0, report: { changes: {}, findings: [] } })
      t.match(await command(t, 'from-guides', '--dry-run'), { code: 0, report: { changes, findings: [] } })
      // The first time without the command: it is not needed for anybody to get in.
      if (transferMethod === 'header') t.same((await command(t, 'from-guides')).report.changes, changes)

      const product = await stage.startProduct(t)
      const recordsOf = async (person: Person) => (await UserMetadata.getUserMetadata(person.userId)).metadata.passwordlessUserId
      const records = await Promise.all([signedIn, half, asking].map(recordsOf))
      for (const person of [signedIn, half, asking, unenrolled]) person.use(product.origin)

      t.equal((await signedIn.get('/any')).status, 200, 'who has passed is still in')
      t.equal((await signedIn.get('/recent')).status, 200, 'and when is known')
      t.match(await signedIn.get('/by-code'), { status: 403, body: { claimValidationErrors: [{ reason: { message: 'wrong factor' } }] } }, 'by what is not')
      t.match(await signedIn.refresh(), { status: 200 })
      t.equal((await signedIn.get('/any')).status, 200, 'after a refresh too')
      await pass(t, signedIn, product)
      t.equal((await signedIn.get('/by-code')).status, 200, 'once more, and it is known')

      t.equal((await half.get('/any')).status, 403, 'who has not passed is not in')
      t.match(await half.refresh(), { status: 200 })
      t.match(await half.ask(thief.phoneNumber), { body: { status: 'SIGN_IN_UP_NOT_ALLOWED' } }, 'no code goes to another number')
      await pass(t, half, product)
      t.equal((await half.get('/any')).status, 200)

      t.match(await asking.answer(codeOfGuide), { body: { status: 'RESTART_FLOW_ERROR' } }, 'a code that nothing binds to the session is worth nothing')
      await pass(t, asking, product)
      t.equal((await asking.get('/any')).status, 200)

      t.equal((await unenrolled.get('/any')).status, 403)
      await pass(t, unenrolled, product)
      t.equal((await unenrolled.get('/any')).status, 200)

      for (const person of [signedIn, half, asking]) {
        t.match(await person.signIn(), OK, 'the password is the same')
        t.match(await person.ask(thief.phoneNumber), { body: { status: 'SIGN_IN_UP_NOT_ALLOWED' } }, 'so is the number')
        await pass(t, person, product)
        t.equal((await person.get('/any')).status, 200)
      }
      t.same(await Promise.all([signedIn, half, asking].map(recordsOf)), records, 'nobody has enrolled anew')
    })
  }

  return stage
}
