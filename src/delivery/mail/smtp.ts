import type { ConnectionOptions } from 'node:tls'
import { isLoopback } from '../../loopback.js'
import type { MailMessage, SendContext } from '../sender.js'
import { OptionsInvalid } from '../../errors.js'
import type { MailOptions } from '../../options/connections.js'
import { orInstall } from '../../optional-package.js'
import { MAIL_ADDRESS } from './address.js'

export type SmtpOptions = Extract<MailOptions, { provider: 'smtp' }>

export interface SmtpTuning {
  /** Milliseconds for each of name look-up, connection and greeting. @default 10000 */
  timeout?: number | undefined
  /** Further TLS settings, such as a private `ca`. @default {} */
  tls?: ConnectionOptions
}

/** Not loaded by apps that send mail in another way: they need not install it. */
export const loadNodemailer = () => import('nodemailer').catch(orInstall('nodemailer', 'mail.provider smtp'))

/** Returns the address in `Name <address>`, or the text itself. */
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
 * Creates a sender for SMTP through nodemailer. With `secure`, TLS is used from the first byte; otherwise by STARTTLS
 * if the server offers it, and a failed upgrade fails the mail. Credentials never travel unencrypted: with a user, any
 * server but one on this machine must offer STARTTLS, so that an attacker on the path gains nothing by hiding the
 * offer.
 */
export function createSmtpSender (options: SmtpOptions, { timeout = 10_000, tls = {} }: SmtpTuning = {}) {
  checkOptions(options)
  const { host, port, user, password, from } = options
  const secure = options.secure ?? port === 465
  const envelopeFrom = bareAddress(from)
  let transport: ReturnType<typeof connect> | undefined
  let closed = false

  async function connect () {
    const { createTransport } = await loadNodemailer()
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
      // The signal limits each mail. This is longer, so that idle connections can be reused.
      socketTimeout: timeout + 60_000,
      idleTimeout: 30_000,
      maxRequeues: 1,
      // The texts are ours, but no text should ever make nodemailer open a file or a URL.
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(user !== undefined && password !== undefined && { auth: { user, pass: password } })
    })
  }

  return {
    name: 'smtp',
    async send ({ to, subject, body, language }: MailMessage, { signal }: SendContext): Promise<void> {
      if (closed) throw Object.assign(new Error('closed'), { code: 'ECONNECTION' })
      transport ??= connect()
      const mailer = await transport
      await mailer.sendMail({
        // Set the envelope explicitly, so that no header parsing decides who receives a sign-in link.
        envelope: { from: envelopeFrom, to: [to] },
        from,
        to: { name: '', address: to },
        subject,
        text: body,
        // RFC 3834 suppresses automatic replies such as holiday notices. RFC 3282 lets readers pick voice and spelling.
        headers: { 'Auto-Submitted': 'auto-generated', ...(language !== undefined && { 'Content-Language': language }) },
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
