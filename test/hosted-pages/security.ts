import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { newPhoneNumber, resetClock } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { ORIGIN, visit } from './visit.js'

type Options = NonNullable<Parameters<typeof fastify2fa>[1]>

export type Person = ReturnType<typeof visit>

/** The pages of "my security" of an app, such as `GET /auth/security`. */
export const routesOf = new WeakMap<FastifyInstance, readonly string[]>()

/** An app whose only frontend are the hosted pages. */
export async function securityApp (options: Partial<Options> = {}): Promise<FastifyInstance> {
  const core = await testCore()
  const app = Fastify({ logger: false })
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => { if (/\/security(?:\/|$)/.test(url)) routes.push(...[method].flat().map((one) => `${one} ${url}`)) })
  routesOf.set(app, routes)
  // Tests pass factors more often than people do.
  await app.register(fastify2fa, { ...core.options, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] }, hostedPages: true, limits: false, factorKeys: ['f'.repeat(32)], ...options })
  await app.ready()
  t.teardown(async () => {
    resetClock()
    await app.close()
  })
  const inject = app.inject.bind(app) as (request: object) => Promise<LightMyRequestResponse>
  app.inject = (async (request: object) => {
    const response = await inject(request)
    await app.twoFactor.delivered()
    return response
  }) as typeof app.inject
  return app
}

let people = 0

export interface Account { login: string, phone: string, password: string }

/** A new account with a phone as its second factor, and its owner in front of "my security". */
export async function signUpWithPhone (app: FastifyInstance, { byPhone = false, ...browser }: { byPhone?: boolean } & Parameters<typeof visit>[1] = {}): Promise<{ person: Person, account: Account }> {
  const person = visit(app, browser)
  const phone = newPhoneNumber()
  const account = { login: byPhone ? phone : `person${++people}@example.com`, phone, password: 'correct horse 1' }
  await person.post('/auth/sign-up', { email: account.login, password: account.password })
  if (byPhone) await person.post('/auth/second-factor/sms/send', {})
  else await person.post('/auth/second-factor/sms/send', { contact: phone })
  await person.post('/auth/second-factor/sms', { code: codeFor(app, phone) })
  if (person.shown.document.querySelector('.codes') !== null) await person.post('/auth/second-factor/recovery-codes/kept', {})
  await person.open('/auth/security')
  if (person.shown.url !== '/auth/security') throw new Error(`the account is at ${person.shown.url}: ${person.shown.text}`)
  return { person, account }
}

/** The same account in another browser, as far as its first factor. */
export async function signInAgain (app: FastifyInstance, { login, password }: Account, browser: Parameters<typeof visit>[1] = {}): Promise<Person> {
  const person = visit(app, browser)
  await person.post('/auth', { email: login, password })
  return person
}

/** The code that went there last. */
export const codeFor = (app: FastifyInstance, to: string): string => app.twoFactor.outbox.last(to)?.code ?? ''

/** Passes the second factor by SMS once more, where a page has led to. */
export async function confirmBySms (app: FastifyInstance, person: Person, phone: string): Promise<void> {
  if (/Send the code/.test(person.shown.document.querySelectorAll('button').map(({ text }) => text).join())) await person.press('Send the code')
  await person.press('Continue', { code: codeFor(app, phone) })
}
