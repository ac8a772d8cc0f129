import type { FastifyInstance } from 'fastify'
import { advance, newPhoneNumber } from '../../src/testing/index.js'
import { codeOf, wrongCode } from '../second-factor/totp.js'
import { codeFor, linkTo, visit, type Shown } from './visit.js'

let count = 0

/** Visits every page of the way in, also with something wrong on it, by where buttons are: it works in every language. */
export async function visitAll (app: FastifyInstance, language: string): Promise<Shown[]> {
  const pages: Shown[] = []
  const email = `reader-${++count}@example.com`
  const password = 'correct horse 1'
  const person = visit(app, { language })
  const open = async (path: string) => { pages.push(await person.open(path)) }
  const send = async (path: string, form: Record<string, string> = {}) => { pages.push(await person.post(path, form)) }

  await open('/auth')
  await send('/auth', { email, password })
  await open('/auth/reset-password')
  await send('/auth/reset-password', { email: '' })
  await send('/auth/reset-password', { email })
  await open('/auth/reset-password?token=x')
  await send('/auth/reset-password/choose', { token: 'x', password: 'short' })
  await send('/auth/reset-password/choose', { token: 'x', password: 'correct horse 2' })
  await open('/auth/callback/nobody?code=a')
  await send('/auth/with/github')
  await open('/auth/callback/github?state=x')
  await open('/auth/verify?preAuthSessionId=x')
  await send('/auth/verify', { preAuthSessionId: 'x', linkCode: 'y' })
  await open('/auth/verify-email?token=x')
  await open('/auth/sign-up')
  await send('/auth/sign-up', { email: 'x', password: 'y' })
  await send('/auth/sign-up', { email, password })
  await send('/auth/verify-email')
  await send('/auth/verify-email/confirm', { token: 'x' })
  await open(linkTo(app, email))
  await send('/auth/verify-email/confirm', { token: new URL(linkTo(app, email), 'http://localhost').searchParams.get('token')! })
  await open('/auth/second-factor/passkey')
  await open('/auth/second-factor/sms')
  await send('/auth/second-factor/sms/send', { contact: '1' })
  await send('/auth/second-factor/sms/send', { contact: newPhoneNumber() })
  await send('/auth/second-factor/sms', { code: '000000' })
  await open('/auth/second-factor/email')
  await send('/auth/second-factor/email/send')
  await send('/auth/second-factor/email/resend')
  await open('/auth/second-factor/totp')
  await send('/auth/second-factor/totp/set-up')
  const secret = person.shown.document.querySelector('main p code')!.text.replaceAll(' ', '')
  const set = Object.fromEntries(person.shown.document.querySelectorAll('input[type=hidden]').map((input) => [input.getAttribute('name')!, input.getAttribute('value')!]))
  await send('/auth/second-factor/totp/confirm', { ...set, code: wrongCode(secret) })
  await send('/auth/second-factor/totp/confirm', { ...set, code: codeOf(secret) })
  const [recoveryCode = ''] = person.shown.document.querySelectorAll('.codes code').map(({ text }) => text)
  await person.post('/auth/sign-out', {})
  await send('/auth', { email, password })
  await open('/auth/second-factor/totp')
  await send('/auth/second-factor/totp', { code: wrongCode(secret) })
  await open('/auth/recover')
  await send('/auth/recover/send')
  await send('/auth/recover?sent=1', { code: '00000000' })
  await send('/auth/recover', { code: codeFor(app, email) })
  advance('73h')
  await person.post('/auth/sign-out', {})
  await person.post('/auth', { email, password })
  await open('/auth/recover')
  await open('/auth/second-factor/recovery-codes')
  await send('/auth/second-factor/recovery-codes', { code: '00000-00000-00000' })
  await send('/auth/second-factor/recovery-codes', { code: recoveryCode })
  return pages
}
