import type { ConnectionOptions } from 'node:tls'
import { isLoopback } from '../loopback.js'
import type { MailMessage, SendContext } from '../sender.js'
import { OptionsInvalid } from '../../errors.js'
import type { MailOptions } from '../../options/options.js'
import { MAIL_ADDRESS } from './address.js'

export type SmtpOptions = Extract<MailOptions, { provider: 'smtp' }>

export interface SmtpTuning {
  /** Milliseconds for the name, the connection and the greeting each. @default 10000 */
  timeout?: number | undefined
  /** Further TLS settings, such as a private `ca`. @default {} */
  tls?: ConnectionOptions
}

/** The address inside `Name <address>`, or the text itself. */
function bareAddress (from: string): string {
  return /^[^<>\p{Cc}]*<([^<>]+)>$/u.exec(from)?.[1] ?? from
}

function checkOptions ({ host, port, user, password, from }: SmtpOptions): void {
  if (typeof host !== 'string' || !/^[^\s/@]+$/.test(host)) throw new OptionsInvalid('mail.host must be a host name, without a scheme')
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new OptionsInvalid('mail.port must be a number from 1 to 65535')
  if ((user === undefined) !== (password === undefined)) throw new OptionsInvalid('mail.user and mail.password belong together')
  if (typeof from !== 'string' || !MAIL_ADDRESS.test(bareAddress(from))) {
    throw new OptionsInvalid('mail.from must be an address, or a name followed by an address in angle brackets')
  }
}

/**
 * SMTP through nodemailer. TLS is used from the first byte with `secure`, and by STARTTLS wherever the server offers it;
 * a failed upgrade fails the mail. Credentials never travel in the clear: with a user, a server elsewhere
 * has to offer STARTTLS, so that somebody on the path gains nothing by hiding the offer.
 */
export function createSmtpSender (options: SmtpOptions, { timeout = 10_000, tls = {} }: SmtpTuning = {}) {
  checkOptions(options)
  const { host, port, user, password, from } = options
  const secure = options.secure ?? port === 465
  const envelopeFrom = bareAddress(from)
  let transport: ReturnType<typeof connect> | undefined
  let closed = false

  async function connect () {
    // Loaded with the first mail: apps that send none, or by other means, do not pay for it at start-up.
    const { createTransport } = await import('nodemailer')
    return createTransport({
      pool: true,
      host,
      port,
      secure,
      requireTLS: !secure && user !== undefined && !isLoopback(host),
      tls,
      dnsTimeout: timeout,
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      // Longer than a mail may take, which the signal of each mail limits, so that idle connections can be used again.
      socketTimeout: timeout + 60_000,
      idleTimeout: 30_000,
      maxRequeues: 1,
      // The texts are ours, yet no text should ever make the mailer open a file or an URL.
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(user !== undefined && password !== undefined && { auth: { user, pass: password } })
    })
  }

  return {
    name: 'smtp',
    async send ({ to, subject, body }: MailMessage, { signal }: SendContext): Promise<void> {
      if (closed) throw Object.assign(new Error('closed'), { code: 'ECONNECTION' })
      transport ??= connect()
      const mailer = await transport
      await mailer.sendMail({
        // An envelope of its own: no parsing of headers decides who receives a link that signs in.
        envelope: { from: envelopeFrom, to: [to] },
        from,
        to: { name: '', address: to },
        subject,
        text: body,
        // RFC 3834: keeps holiday notices from answering.
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal
      })
    },
    async close (): Promise<void> {
      closed = true
      const mailer = await transport
      mailer?.close()
    }
  }
}
