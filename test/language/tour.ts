import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import { BUILT_IN } from '../../src/language/languages.js'
import type { Sentence } from '../../src/language/sentences.js'
import { fill } from '../../src/language/templates.js'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signUp, type SignedInUser, type TestSession } from '../../src/testing/index.js'
import { interceptCore } from '../intercept-core.js'

const MANY = 10_000
export const LIMITS: NonNullable<ServiceOptions['limits']> = {
  signIn: false,
  signUps: false,
  mails: false,
  failures: { triesPerWait: 3, waits: [60], lockAfter: 3, perThirtyDays: 3 },
  sends: { perAddressInTenMinutes: MANY, perAddressInADay: MANY, newNumbersPerHour: MANY, newNumbersPerDay: MANY, unansweredPerNetwork: MANY, unansweredPerRange: MANY, unansweredPerMillion: MANY, unansweredPerCountry: MANY, unansweredElsewhere: MANY }
}

export const LANGUAGES = Object.keys(BUILT_IN)

export const sentence = (language: string, key: Sentence, values: Record<string, string | number> = {}): string => fill(BUILT_IN[language]?.[key] ?? key, values)

/** The same client, which asks for a language. */
export function speaking (session: TestSession, language: string): TestSession {
  return {
    ...session,
    inject: (request) => {
      const options = typeof request === 'string' ? { url: request } : request
      return session.inject({ ...options, headers: { 'accept-language': `${language}-XX, xx;q=0.5`, ...options.headers } })
    }
  }
}

export const post = (session: TestSession, path: string, payload: object) => session.inject({ method: 'POST', url: `/auth${path}`, payload })

/** What a page shows of an answer. */
export function shown (response: LightMyRequestResponse): string | undefined {
  const { message, reason, formFields } = response.json<{ message?: string, reason?: string, formFields?: { error: string }[] }>()
  return message ?? reason ?? formFields?.[0]?.error
}

function says (t: Test, response: LightMyRequestResponse, language: string, text: string): void {
  t.equal(shown(response), text)
  t.equal(response.headers['content-language'], language, 'Content-Language')
  t.match(response.headers.vary, /(?:^|, )accept-language$/, 'Vary')
}

async function speakingUser (app: FastifyInstance, language: string): Promise<SignedInUser> {
  const user = await signUp(app)
  return { ...user, session: speaking(user.session, language) }
}

/** Meets a refusal of each kind in one language. */
export async function tour (t: Test, app: FastifyInstance, language: string): Promise<void> {
  const stranger = speaking(createTestSession(app), language)
  const signUpWith = (password: string) => post(stranger, '/signup', { formFields: [{ id: 'email', value: 'x@' }, { id: 'password', value: password }] })
  const errors = async (password: string) => (await signUpWith(password)).json<{ formFields: { id: string, error: string }[] }>().formFields.find(({ id }) => id === 'password')?.error

  t.equal(await errors(''), sentence(language, 'Field is not optional'), 'a text of the SDK')
  t.equal(await errors('short'), sentence(language, 'Please choose a password of at least {count} characters.', { count: 8 }))
  t.equal(await errors(`${'x'.repeat(80)}1`), sentence(language, 'Password must not be longer than {count} characters. Accents, other scripts and emoji count as several', { count: 72 }))
  says(t, await post(stranger, '/signup', { formFields: [{ id: 'password', value: 'x'.repeat(300) }] }), language, sentence(language, 'This is too long. Please use at most {count} characters.', { count: 256 }))

  const user = await speakingUser(app, language)
  const { session, phoneNumber } = user
  const { userInputCode, ...challenge } = await requestCode(app, user)
  const sms = app.twoFactor.outbox.last(phoneNumber)
  t.equal(sms?.body, sentence(language, '{appName}: {code} is your code. It works for {minutes} min. Never share it.', { appName: 'fastify-2fa', code: userInputCode, minutes: 5 }) + `\n\n@localhost #${userInputCode}`, 'the SMS')

  const again = await post(session, '/signinup/code', { phoneNumber })
  const wait = new Intl.RelativeTimeFormat(language).format(Number(again.headers['retry-after']), 'second')
  says(t, again, language, sentence(language, '{refusal} Try again {when}.', { refusal: sentence(language, 'A code is already on its way.'), when: wait }))

  says(t, await post(session, '/signinup/code/consume', { ...challenge, userInputCode: 'abc' }), language, sentence(language, 'Please enter the {count} digits of the code.', { count: 6 }))

  const endOutage = await interceptCore(async () => { throw new TypeError('fetch failed') })
  const outage = await post(session, '/signinup/code/consume', { ...challenge, userInputCode }).finally(endOutage)
  says(t, outage, language, sentence(language, 'The authentication service is not available at the moment. Please try again later.'))

  const wrong = String((Number(userInputCode) + 1) % 1_000_000).padStart(6, '0')
  for (let tries = 0; tries < 3; tries++) await post(session, '/signinup/code/consume', { ...challenge, userInputCode: wrong })
  says(t, await post(session, '/signinup/code/consume', { ...challenge, userInputCode }), language, sentence(language, 'The second factor of this account is locked after too many wrong codes. Please contact support.'))
}

/** The text of a refusal because of another number than the account's. */
export async function mismatch (t: Test, app: FastifyInstance, language: string): Promise<void> {
  const user = await speakingUser(app, language)
  await passSecondFactor(app, user)
  says(t, await post(user.session, '/signinup/code', { phoneNumber: newPhoneNumber() }), language, sentence(language, 'The second factor of this account is another phone number. Please use that number.'))
}
