import t from 'tap'
import type { MailMessage, MailSender } from '../../../src/delivery/sender.js'
import { createMailSender } from '../../../src/delivery/mail/index.js'
import type { MailOptions } from '../../../src/options/connections.js'
import { createDependencies, rejectsTightLipped } from '../sms/helper.js'

const MESSAGE = {
  to: 'ana@example.com',
  subject: 'Reset your password',
  body: 'Open https://app.example/auth/reset-password?token=reset-secret to go on',
  link: 'https://app.example/auth/reset-password?token=reset-secret'
}

t.test('the log provider prints the mail and keeps it in the outbox', async (t) => {
  const { lines, outbox, ...dependencies } = createDependencies()
  const mail = createMailSender({ provider: 'log' }, { ...dependencies, outbox })
  t.equal(mail.name, 'log')
  await mail.send(MESSAGE)
  const { to, subject, body, link } = MESSAGE
  await mail.send({ to, subject, body: 'no link' })
  t.match(outbox.entries(), [{ channel: 'mail', to, body, link }, { channel: 'mail', to, body: 'no link' }])
  t.notOk('link' in (outbox.last() ?? {}))
  t.match(JSON.parse(lines[0] ?? ''), { level: 30, msg: `e-mail to ${to}: ${subject}: ${body}` })
  await mail.close?.()
})

t.test('an app\'s own sender is called, and its errors are reduced', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const sent: MailMessage[] = []
  const own = createMailSender({ name: 'pigeon', async send (message) { sent.push(message) } }, dependencies)
  await own.send(MESSAGE)
  t.strictSame(sent, [MESSAGE])
  t.match(JSON.parse(lines[0] ?? ''), { level: 20, channel: 'mail', sender: 'pigeon', to: 'a***@example.com' })
  t.notOk(lines.join('').includes(MESSAGE.to))

  const failing = createMailSender({ name: 'pigeon', send: () => Promise.reject(new Error(MESSAGE.body)) }, dependencies)
  await rejectsTightLipped(t, failing.send(MESSAGE), 'The e-mail could not be sent by pigeon: unknown error', lines, ['reset-secret', MESSAGE.to])
})

t.test('a receiver that is not one plain address reaches no sender', async (t) => {
  const receivers: unknown[] = ['', 'ana', '@example.com', 'ana@', 'ana@a@example.com', 'ana@example.com, eve@evil.example', 'ana@example.com;eve@evil.example',
    'Ana <ana@example.com>', '<ana@example.com>', '"eve@evil.example x"@example.com', 'ana@example.com\r\nBcc: eve@evil.example', 'ana@example.com\n',
    'ana\u0000@example.com', 'ana@example.com\u2028', 'ana(eve)@example.com', 'ana:eve@example.com', `${'a'.repeat(250)}@b.example`, undefined, null]
  for (const to of receivers) {
    const { lines, ...dependencies } = createDependencies()
    const mail = createMailSender({ name: 'pigeon', send: async () => { t.fail('was called') } }, dependencies)
    await rejectsTightLipped(t, mail.send({ ...MESSAGE, to: to as string }),
      'The e-mail could not be sent by pigeon: the receiver is not an e-mail address', lines, ['reset-secret', 'eve@'])
  }
})

t.test('ordinary addresses pass', async (t) => {
  const { lines, outbox, ...dependencies } = createDependencies()
  const mail = createMailSender({ provider: 'log' }, { ...dependencies, outbox })
  for (const to of ['a@b', 'ana.b+tag@mail.example.co.uk', 'o\'neil@example.com', 'añá@bücher.example', 'ana@xn--bcher-kva.example']) {
    await mail.send({ ...MESSAGE, to })
    t.equal(outbox.last()?.to, to)
  }
})

t.test('a subject stays one line for every sender', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const subjects: string[] = []
  const mail = createMailSender({ name: 'pigeon', async send ({ subject }) { subjects.push(subject) } }, dependencies)
  await mail.send({ ...MESSAGE, subject: 'Hi\r\nBcc: eve@evil.example\u2028\u0000there\tyou' })
  t.strictSame(subjects, ['Hi Bcc: eve@evil.example there you'])
})

t.test('options that name neither a provider nor a sender are refused', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  for (const options of [{}, { provider: 'pigeon' }, { name: 'pigeon' }, { send: async () => {} }] as unknown[]) {
    t.throws(() => createMailSender(options as MailOptions | MailSender, dependencies), { code: 'AUTH_OPTIONS_INVALID', message: /mail\.provider must be one of/ })
  }
})
