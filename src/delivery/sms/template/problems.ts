import { OptionsInvalid } from '../../../errors.js'
import { checkText, checkUrl } from '../http.js'
import { isPointer } from './answer.js'
import { PLACEHOLDERS, placeholdersIn } from './fill.js'
import type { Condition, HttpSmsOptions } from './options.js'

const KNOWN = ['provider', 'name', 'method', 'url', 'headers', 'json', 'form', 'xml', 'auth', 'from', 'success', 'refused', 'receipts']
const METHODS = ['POST', 'PUT', 'GET']
const BODIES = ['json', 'form', 'xml'] as const

/** Headers of the connection. */
const NOT_OURS = ['host', 'content-length', 'transfer-encoding', 'connection']

function refuse (problem: string): never {
  throw new OptionsInvalid(`sms.${problem}`)
}

function textsIn (template: unknown): string[] {
  if (typeof template === 'string') return [template]
  return typeof template === 'object' && template !== null ? Object.values(template).flatMap(textsIn) : []
}

function checkPlaceholders (option: string, texts: readonly string[], without: readonly string[] = []): void {
  const allowed = PLACEHOLDERS.filter((name) => !without.includes(name))
  const wrong = texts.flatMap(placeholdersIn).find((name) => !(allowed as string[]).includes(name))
  // A secret may have braces, so what is in them is not repeated unless it is a placeholder elsewhere.
  if (wrong !== undefined) refuse(`${option} has ${(PLACEHOLDERS as readonly string[]).includes(wrong) ? `{${wrong}}, which cannot be there` : 'a placeholder that does not exist'}; it can have ${allowed.map((name) => `{${name}}`).join(', ')}`)
}

function isTexts (value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((one) => typeof one === 'string')
}

function checkCondition (option: string, condition: Condition): void {
  if (typeof condition !== 'object' || condition === null) refuse(`${option} must be an object such as { status: 200 }`)
  const unknown = Object.keys(condition).find((name) => !['status', 'pointer', 'equals', 'text'].includes(name))
  if (unknown !== undefined) refuse(`${option} can have status, pointer, equals and text, nothing else`)
  const { status, pointer, equals } = condition
  if (status !== undefined && ![status].flat().every((one) => Number.isInteger(one) && one >= 100 && one < 600)) refuse(`${option}.status must be a status such as 200, or a list of them`)
  if (pointer !== undefined && !isPointer(pointer)) refuse(`${option}.pointer must be a JSON pointer such as /messages/0/status`)
  if (equals !== undefined && pointer === undefined) refuse(`${option}.equals needs a pointer`)
}

function checkHeaders (headers: unknown): void {
  if (!isTexts(headers)) return refuse('headers must be an object of texts')
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || NOT_OURS.includes(name.toLowerCase())) refuse('headers has a name that cannot be set')
    if (!/^[\x20-\x7e]*$/.test(value)) refuse('headers must be visible ASCII on a single line')
  }
  checkPlaceholders('headers', Object.values(headers), ['text', 'link'])
}

function checkAuth (auth: NonNullable<HttpSmsOptions['auth']>): void {
  if ('bearer' in auth) checkText('sms.auth.bearer', auth.bearer)
  else {
    // A colon would move the border between the two (RFC 7617).
    if (typeof auth.user !== 'string' || !/^[^\p{Cc}:]+$/u.test(auth.user)) refuse('auth.user must be a text without a colon')
    if (typeof auth.password !== 'string' || !/^\P{Cc}*$/u.test(auth.password)) refuse('auth.password must be a text')
  }
}

/**
 * Checks a template, before anything is sent by it.
 *
 * @throws AUTH_OPTIONS_INVALID
 */
export function checkTemplate (options: HttpSmsOptions): void {
  const { name, method = 'POST', url, headers, auth, from, success, refused, receipts } = options
  const unknown = Object.keys(options).find((one) => !KNOWN.includes(one))
  // A name is told only if it is like one: a secret may have slipped.
  if (unknown !== undefined) refuse(`${/^\w{1,16}$/.test(unknown) ? unknown : 'what it has'} is no member of a template; it can have ${KNOWN.join(', ')}`)
  if (name !== undefined && !(typeof name === 'string' && /^[a-z0-9-]{1,32}$/.test(name))) refuse('name must be lower-case letters, digits and -')
  if (!METHODS.includes(method)) refuse(`method must be one of ${METHODS.join(', ')}`)
  if (typeof url !== 'string' || !/^https?:\/\/[^/?#{}]+(?:[/?]|$)/.test(url)) refuse('url must be an http or https URL, with placeholders only behind the host')
  checkUrl('sms.url', url.replaceAll(/[{}]/g, ''))
  const [path = '', ...query] = url.split('?')
  checkPlaceholders('url', [path], ['text', 'link'])
  checkPlaceholders('url', query)
  if (headers !== undefined) checkHeaders(headers)
  const bodies = BODIES.filter((one) => options[one] !== undefined)
  if (bodies.length > 1) refuse('can have one of json, form and xml')
  if (method === 'GET' && bodies.length > 0) refuse('method is GET, which has no body')
  if (options.form !== undefined && !isTexts(options.form)) refuse('form must be an object of texts')
  if (options.xml !== undefined && typeof options.xml !== 'string') refuse('xml must be a text')
  for (const one of bodies) checkPlaceholders(one, textsIn(options[one]))
  if (from !== undefined && (typeof from !== 'string' || from.trim() === '')) refuse('from must be a number or a sender name')
  if (from === undefined && [url, ...textsIn(headers), ...bodies.flatMap((one) => textsIn(options[one]))].some((one) => one.includes('{from}'))) refuse('from is missing, and {from} stands for it')
  if (auth !== undefined) checkAuth(auth)
  if (success !== undefined) checkCondition('success', success)
  for (const one of refused === undefined ? [] : [refused].flat()) checkCondition('refused', one)
  if (receipts !== undefined && !(typeof receipts.status === 'string' && Array.isArray(receipts.delivered) && Array.isArray(receipts.undelivered))) {
    refuse('receipts needs status, delivered and undelivered')
  }
}
