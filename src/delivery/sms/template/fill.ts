import { failure } from '../../failures.js'

/** What placeholders can stand for. */
export const PLACEHOLDERS = ['to', 'to_digits', 'from', 'text', 'code', 'link', 'language', 'id', 'receipt_url'] as const
export type Placeholder = typeof PLACEHOLDERS[number]

/** Undefined for what a message does not have. */
export type Parts = Readonly<Record<Placeholder, string | undefined>>

const PLACEHOLDER = /\{([a-z_]+)\}/g

export const placeholdersIn = (template: string): string[] => [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!)

/** Receipts may be off. Everything else is either always there, or what the message is for. */
const OPTIONAL = '{receipt_url}'

/** Writes parts of a message into a template. A part is only ever data: placeholders within it stay as they are. */
export function fill (template: string, parts: Parts, escape: (value: string) => string): string {
  return template.replace(PLACEHOLDER, (_whole, name: Placeholder) => {
    const value = parts[name]
    if (value === undefined && name !== 'receipt_url') throw failure(`this template needs a ${name}, and the message has none`)
    // A half of a surrogate pair has no form in a URL, so it becomes U+FFFD.
    return escape(Buffer.from(value ?? '').toString())
  })
}

/** Whether a value is only there for receipts, and they are off. */
function isLeftOut (template: unknown, parts: Parts): boolean {
  if (typeof template !== 'object' || template === null) return template === OPTIONAL && parts.receipt_url === undefined
  const members = Object.values(template)
  return members.length > 0 && members.every((one) => isLeftOut(one, parts))
}

/** The same for all texts in a value of JSON. The serializer escapes them afterwards. */
export function fillJson (template: unknown, parts: Parts): unknown {
  if (typeof template === 'string') return fill(template, parts, (value) => value)
  if (Array.isArray(template)) return template.filter((one) => !isLeftOut(one, parts)).map((one) => fillJson(one, parts))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).filter(([, one]) => !isLeftOut(one, parts)).map(([key, one]) => [key, fillJson(one, parts)]))
}

/** The same for a form. */
export function fillForm (template: Readonly<Record<string, string>>, parts: Parts): string {
  const fields = Object.entries(template).filter(([, one]) => !isLeftOut(one, parts)).map(([key, one]): [string, string] => [key, fill(one, parts, (value) => value)])
  return new URLSearchParams(fields).toString()
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Characters that XML 1.0 cannot hold, not even escaped. */
// eslint-disable-next-line no-control-regex
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

export const escapeXml = (value: string): string => value.replace(NOT_IN_XML, '').replace(/[&<>"']/g, (character) => ENTITIES[character]!)

/** Header values cannot be escaped. Line breaks would begin another header. */
export function plainHeader (value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw failure('a header cannot hold this message')
  return value
}
