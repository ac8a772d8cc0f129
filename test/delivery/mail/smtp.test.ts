import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerOptions } from 'smtp-server'
import t from 'tap'
import type { Test } from 'tap'
import { guardSender } from '../../../src/delivery/guard.js'
import type { MailMessage } from '../../../src/delivery/sender.js'
import { createMailSender } from '../../../src/delivery/mail/index.js'
import { createSmtpSender } from '../../../src/delivery/mail/smtp.js'
import type { SmtpOptions, SmtpTuning } from '../../../src/delivery/mail/smtp.js'
import type { MailOptions } from '../../../src/options/connections.js'
import { closedPort, createDependencies, rejectsTightLipped } from '../sms/helper.js'
import { createCertificate } from './certificate.js'

const LINK = 'https://app.example/auth/reset-password?token=reset-secret-0123456789-0123456789-0123456789-0123456789&tenantId=public'
const MESSAGE = { to: 'ana@example.com', subject: 'Zurücksetzen', body: `Grüße\n\n${LINK}\n.\nbye`, link: LINK }
const PASSWORD = 'smtp-very-secret'
const SECRETS = ['reset-secret', MESSAGE.to, PASSWORD, Buffer.from(`\0app\0${PASSWORD}`).toString('base64')]
const FROM = 'The App <no-reply@app.example>'
const FAILED = 'The e-mail could not be sent by smtp'
const { key, cert } = createCertificate()

interface ReceivedMail {
  from: string
  to: string[]
  secure: boolean
  user: string | undefined
  session: string
  raw: string
}

/** A real SMTP server; without options it wants no authentication and offers STARTTLS. */
async function startSmtpServer (t: Test, options: SMTPServerOptions = {}) {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    key,
    cert,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth ({ username, password }, _session, done) {
      if (username === 'app' && password === PASSWORD) done(null, { user: username })
      else done(new Error(`no such login: ${username} ${password}`))
    },
    onData (stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: session.user,
          session: session.id,
          raw: Buffer.concat(chunks).toString()
        })
        done()
      })
    },
    ...options
  })
  // Clients that refuse the certificate are part of the test.
  server.on('error', () => {})
  const listener = server.listen(0, '127.0.0.1') as Server
  await new Promise((resolve) => { listener.once('listening', resolve) })
  t.teardown(() => new Promise<void>((resolve) => { server.close(() => { resolve() }) }))
  return { port: (listener.address() as AddressInfo).port, mails }
}

/** A TCP server that behaves as an SMTP server should not. */
async function startRudeServer (t: Test, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** The sender as an app has it, except that it trusts the test's certificate. */
function createSender (t: Test, options: Partial<SmtpOptions> & { port: number }, tuning: SmtpTuning = { tls: { ca: cert } }) {
  const { lines, logger } = createDependencies()
  const sender = createSmtpSender({ provider: 'smtp', host: '127.0.0.1', from: FROM, ...options }, tuning)
  const mail = guardSender<MailMessage>(sender, { channel: 'mail', logger, timeout: tuning.timeout, prepare: (message) => message })
  t.teardown(() => mail.close?.())
  return { mail, lines }
}

function parse (raw: string): { headers: string, text: string } {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const headers = head.replace(/\r\n[ \t]+/g, ' ')
  const body = rest.join('\r\n\r\n')
  const bytes = /content-transfer-encoding: base64/i.test(headers)
    ? Buffer.from(body, 'base64')
    : Buffer.from(body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_all, byte: string) => String.fromCharCode(parseInt(byte, 16))), 'latin1')
  return { headers, text: bytes.toString('utf8').replaceAll('\r\n', '\n') }
}

t.test('a mail arrives over STARTTLS, with its text and link whole', async (t) => {
  const server = await startSmtpServer(t)
  const { mail, lines } = createSender(t, { port: server.port })
  t.equal(mail.name, 'smtp')
  await mail.send(MESSAGE)
  const [received] = server.mails
  t.match(received, { from: 'no-reply@app.example', to: [MESSAGE.to], secure: true })
  const { headers, text } = parse(received?.raw ?? '')
  t.match(headers, /^From: The App <no-reply@app\.example>$/m)
  t.match(headers, /^To: ana@example\.com$/m)
  t.match(headers, /^Subject: =\?UTF-8\?Q\?Zur=C3=BCcksetzen\?=$/m)
  t.match(headers, /^Auto-Submitted: auto-generated$/m)
  t.match(headers, /^Content-Type: text\/plain; charset=utf-8$/m)
  t.equal(text.trimEnd(), MESSAGE.body)
  for (const secret of SECRETS) t.notOk(lines.join('').includes(secret), `no log says ${secret}`)
})

t.test('several mails share connections', async (t) => {
  const server = await startSmtpServer(t)
  const { mail } = createSender(t, { port: server.port })
  for (let i = 0; i < 3; i++) await mail.send(MESSAGE)
  t.equal(server.mails.length, 3)
  t.equal(new Set(server.mails.map(({ session }) => session)).size, 1)
})

t.test('with secure, TLS is there from the first byte', async (t) => {
  const server = await startSmtpServer(t, { secure: true })
  const { mail } = createSender(t, { port: server.port, secure: true, user: 'app', password: PASSWORD })
  await mail.send(MESSAGE)
  t.match(server.mails, [{ secure: true, user: 'app' }])
})

t.test('a login works after STARTTLS, and a wrong one is an error that names neither', async (t) => {
  const server = await startSmtpServer(t, { authOptional: false })
  const right = createSender(t, { port: server.port, user: 'app', password: PASSWORD })
  await right.mail.send(MESSAGE)
  t.match(server.mails, [{ secure: true, user: 'app' }])

  const wrong = createSender(t, { port: server.port, user: 'app', password: 'smtp-very-secret-but-wrong' })
  await rejectsTightLipped(t, wrong.mail.send(MESSAGE), `${FAILED}: EAUTH, status 535`, wrong.lines, SECRETS)

  const none = createSender(t, { port: server.port })
  await rejectsTightLipped(t, none.mail.send(MESSAGE), `${FAILED}: EENVELOPE, status 530`, none.lines, SECRETS)
})

t.test('a certificate that nobody vouches for is refused, not shrugged off', async (t) => {
  const upgrading = await startSmtpServer(t)
  const wrapped = await startSmtpServer(t, { secure: true })
  for (const [port, secure] of [[upgrading.port, false], [wrapped.port, true]] as const) {
    const { lines, ...dependencies } = createDependencies()
    const mail = createMailSender({ provider: 'smtp', host: '127.0.0.1', port, secure, from: FROM }, dependencies)
    t.teardown(() => mail.close?.())
    await rejectsTightLipped(t, mail.send(MESSAGE), `${FAILED}: DEPTH_ZERO_SELF_SIGNED_CERT`, lines, SECRETS)
  }
  t.equal(upgrading.mails.length + wrapped.mails.length, 0)
})

t.test('a server on this machine may do without TLS', async (t) => {
  const server = await startSmtpServer(t, { disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  const { lines, ...dependencies } = createDependencies()
  const mail = createMailSender({ provider: 'smtp', host: '127.0.0.1', port: server.port, user: 'app', password: PASSWORD, from: 'no-reply@app.example' }, dependencies)
  t.teardown(() => mail.close?.())
  await mail.send(MESSAGE)
  t.match(server.mails, [{ from: 'no-reply@app.example', secure: false, user: 'app' }])
  for (const secret of SECRETS) t.notOk(lines.join('').includes(secret))
})

t.test('credentials for a server elsewhere are not sent when it offers no TLS', async (t) => {
  let seen = ''
  const port = await startRudeServer(t, (socket) => {
    socket.write('220 hello\r\n')
    socket.on('data', (chunk) => {
      seen += chunk.toString()
      socket.write(/^EHLO/m.test(chunk.toString()) ? '250-hello\r\n250 AUTH PLAIN LOGIN\r\n' : '502 no\r\n')
    })
  })
  // 0.0.0.0 reaches this machine, yet is no loopback name.
  const { mail, lines } = createSender(t, { host: '0.0.0.0', port, user: 'app', password: PASSWORD })
  await rejectsTightLipped(t, mail.send(MESSAGE), `${FAILED}: ETLS, status 502`, lines, SECRETS)
  t.match(seen, /STARTTLS/)
  t.notMatch(seen, /AUTH|MAIL FROM/)
})

t.test('a refused receiver or text is an error with the code and status only', async (t) => {
  const refusal = (status: number) => Object.assign(new Error(`not ${MESSAGE.to}: ${MESSAGE.body}`), { responseCode: status })
  const receiver = await startSmtpServer(t, { onRcptTo: (_address, _session, done) => { done(refusal(550)) } })
  const atReceiver = createSender(t, { port: receiver.port })
  await rejectsTightLipped(t, atReceiver.mail.send(MESSAGE), `${FAILED}: EENVELOPE, status 550`, atReceiver.lines, SECRETS)

  const text = await startSmtpServer(t, {
    onData (stream, _session, done) {
      stream.on('end', () => { done(refusal(552)) })
      stream.resume()
    }
  })
  const atText = createSender(t, { port: text.port })
  await rejectsTightLipped(t, atText.mail.send(MESSAGE), `${FAILED}: EMESSAGE, status 552`, atText.lines, SECRETS)
})

t.test('a server that hangs, trickles, talks nonsense or is not there costs the time-out at most', async (t) => {
  const silent = await startRudeServer(t, () => {})
  const stalling = await startRudeServer(t, (socket) => { socket.write('220 hello\r\n') })
  const trickling = await startRudeServer(t, (socket) => {
    socket.write('220 hello\r\n')
    const timer = setInterval(() => socket.write('250-wait\r\n'), 20)
    socket.on('close', () => { clearInterval(timer) })
  })
  const nonsense = await startRudeServer(t, (socket) => { socket.end(`HTTP/1.1 400 Bad Request\r\n\r\n${MESSAGE.to}`) })
  const causes: [number, string][] = [[silent, 'ETIMEDOUT'], [stalling, 'ETIMEDOUT'], [trickling, 'ETIMEDOUT'], [nonsense, 'EPROTOCOL'], [await closedPort(), 'ECONNREFUSED']]
  for (const [port, cause] of causes) {
    const { mail, lines } = createSender(t, { port }, { timeout: 300 })
    await rejectsTightLipped(t, mail.send(MESSAGE), `${FAILED}: ${cause}`, lines, SECRETS)
  }
})

t.test('nothing in a message adds a header or a receiver', async (t) => {
  const server = await startSmtpServer(t, { disabledCommands: ['STARTTLS', 'AUTH'] })
  const { lines, ...dependencies } = createDependencies()
  const guarded = createMailSender({ provider: 'smtp', host: '127.0.0.1', port: server.port, from: FROM }, dependencies)
  t.teardown(() => guarded.close?.())
  // Also straight to the provider, without the checks in front of it.
  const { mail: bare } = createSender(t, { port: server.port })
  for (const mail of [guarded, bare]) {
    await mail.send({ ...MESSAGE, subject: 'Hi\r\nBcc: eve@evil.example\r\nX-Evil: 1', body: 'Bcc: eve@evil.example\r\n.\r\nRCPT TO:<eve@evil.example>' })
  }
  for (const to of ['ana@example.com\r\nBcc: eve@evil.example', 'ana@example.com, eve@evil.example', 'ana@example.com>\r\nRCPT TO:<eve@evil.example']) {
    await t.rejects(guarded.send({ ...MESSAGE, to }), { code: 'AUTH_DELIVERY_FAILED' })
  }
  t.equal(server.mails.length, 2)
  for (const { to, raw } of server.mails) {
    t.strictSame(to, [MESSAGE.to])
    const { headers, text } = parse(raw)
    t.notMatch(headers, /^(?:Bcc|X-Evil):/m)
    t.match(text, 'RCPT TO:<eve@evil.example>')
  }
})

t.test('a closed sender sends no more, whether or not it was ever used', async (t) => {
  const server = await startSmtpServer(t)
  const used = createSender(t, { port: server.port })
  await used.mail.send(MESSAGE)
  const unused = createSender(t, { port: server.port })
  for (const { mail, lines } of [used, unused]) {
    await mail.close?.()
    await rejectsTightLipped(t, mail.send(MESSAGE), `${FAILED}: ECONNECTION`, lines, SECRETS)
  }
  t.equal(server.mails.length, 1)
})

t.test('settings that cannot work are refused, and no secret is repeated', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const wrong: [object, RegExp][] = [
    [{ host: '' }, /mail\.host/],
    [{ host: undefined }, /mail\.host/],
    [{ host: 'smtp://smtp.example.com' }, /mail\.host/],
    [{ host: 'app:smtp-very-secret@smtp.example.com' }, /mail\.host/],
    [{ port: 0 }, /mail\.port/],
    [{ port: 65_536 }, /mail\.port/],
    [{ port: '587' }, /mail\.port/],
    [{ user: 'app' }, /mail\.user and mail\.password/],
    [{ password: PASSWORD }, /mail\.user and mail\.password/],
    [{ from: '' }, /mail\.from/],
    [{ from: undefined }, /mail\.from/],
    [{ from: 'The App' }, /mail\.from/],
    [{ from: 'The App <no-reply@app.example>, eve@evil.example' }, /mail\.from/],
    [{ from: 'The App\r\nBcc: eve@evil.example <no-reply@app.example>' }, /mail\.from/]
  ]
  for (const [change, message] of wrong) {
    const options = { provider: 'smtp', host: 'smtp.example.com', port: 587, from: FROM, ...change } as MailOptions
    t.throws(() => createMailSender(options, dependencies), { code: 'AUTH_OPTIONS_INVALID', message, stack: /^(?!.*very-secret)/s })
  }
  t.doesNotThrow(() => createMailSender({ provider: 'smtp', host: 'smtp.example.com', port: 465, from: FROM }, dependencies))
})
