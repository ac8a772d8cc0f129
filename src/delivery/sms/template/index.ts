import { randomUUID } from 'node:crypto'
import { failure, refusedReceiver, statusFailure } from '../../failures.js'
import type { Fate, ReceiptRequest, SendContext, SmsMessage, SmsSender } from '../../sender.js'
import { OptionsInvalid } from '../../../errors.js'
import { textOf } from '../../../members.js'
import { atPointer, fulfils, isOneOf, isPointer, parseJson, readAnswer, type Answer } from './answer.js'
import { escapeXml, fill, fillForm, fillJson, plainHeader, type Parts } from './fill.js'
import type { HttpSmsOptions, TemplateReceipts } from './options.js'
import { checkTemplate } from './problems.js'

function authorization (auth: HttpSmsOptions['auth']): Record<string, string> {
  if (auth === undefined) return {}
  return { authorization: 'bearer' in auth ? `Bearer ${auth.bearer}` : `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
}

function bodyOf ({ json, form, xml }: HttpSmsOptions, parts: Parts): { type: string, body: string } | undefined {
  if (json !== undefined) return { type: 'application/json', body: JSON.stringify(fillJson(json, parts)) }
  if (form !== undefined) return { type: 'application/x-www-form-urlencoded', body: fillForm(form, parts) }
  return xml === undefined ? undefined : { type: 'application/xml; charset=utf-8', body: fill(xml, parts, escapeXml) }
}

/** The request that a template makes of a message. */
export function requestFor (options: HttpSmsOptions, parts: Parts): { url: string, init: RequestInit } {
  const { method = 'POST', auth, headers = {} } = options
  const body = bodyOf(options, parts)
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), fill(value, parts, plainHeader)])
  return {
    url: fill(options.url, parts, encodeURIComponent),
    init: {
      method,
      headers: { accept: '*/*', ...(body !== undefined && { 'content-type': body.type }), ...authorization(auth), ...Object.fromEntries(named) as Record<string, string> },
      ...(body !== undefined && { body: body.body }),
      // Following a redirect would send the code, and often the credentials, to a host that nobody configured.
      redirect: 'manual'
    }
  }
}

/** What the log may say of an answer that is no success. Longer texts may repeat the message. */
function causeOf ({ status, json }: Answer, { success }: HttpSmsOptions): string {
  const said = success?.pointer === undefined ? undefined : atPointer(json, success.pointer)
  return `status ${status}${/^[\w-]{1,4}$/.test(String(said)) && said !== undefined ? `, answer ${String(said)}` : status < 300 ? ', but not the answer of a success' : ''}`
}

function judge (answer: Answer, options: HttpSmsOptions): void {
  const { success = {}, refused } = options
  if (fulfils(answer, success)) return
  const cause = causeOf(answer, options)
  if (refused === undefined) throw statusFailure(cause, answer.status)
  if ([refused].flat().some((one) => fulfils(answer, one))) throw refusedReceiver(cause)
  // Other statuses of 4xx are about the account or the template.
  throw answer.status >= 500 ? statusFailure(cause, answer.status) : failure(cause)
}

/** A parameter of the form, of the query, or of the JSON that a receipt is. */
function parameterOf (name: string, { query, body, type }: ReceiptRequest): unknown {
  const inForm = type.startsWith('application/x-www-form-urlencoded') ? new URLSearchParams(body).get(name) : null
  return inForm ?? new URLSearchParams(query).get(name) ?? textOf(parseJson(body), name)
}

function readReceipt ({ status, delivered, undelivered }: TemplateReceipts, request: ReceiptRequest): Fate {
  const said = isPointer(status) ? atPointer(parseJson(request.body), status) : parameterOf(status, request)
  if (isOneOf(said, delivered)) return 'delivered'
  return isOneOf(said, undelivered) ? 'undelivered' : undefined
}

/**
 * Creates a sender from a template of an HTTP request, for providers that have none of their own here.
 *
 * @throws AUTH_OPTIONS_INVALID
 */
export function createHttpSender (options: HttpSmsOptions): SmsSender {
  checkTemplate(options)
  const { name = 'http', from, receipts } = options
  const { origin } = new URL(options.url.replaceAll(/[{}]/g, ''))
  const usesReceipts = JSON.stringify(options).includes('{receipt_url}')
  if (receipts !== undefined && !usesReceipts) throw new OptionsInvalid('sms.receipts needs {receipt_url} in the url, the headers or the body')

  return {
    name,
    async send ({ to, body, code, link, language = 'en' }: SmsMessage, { signal, receiptUrl }: SendContext): Promise<void> {
      const parts: Parts = { to, to_digits: to.slice(1), from, text: body, code, link, language, id: randomUUID(), receipt_url: receiptUrl }
      const { url, init } = requestFor(options, parts)
      // Cannot happen: everything is escaped. A code sent elsewhere could not be called back.
      if (new URL(url).origin !== origin) throw failure('the message changed the host of the URL')
      judge(await readAnswer(await fetch(url, { ...init, signal })), options)
    },
    ...(receipts !== undefined && { receipt: (request: ReceiptRequest) => readReceipt(receipts, request) })
  }
}
