import type { PageText } from '../language/page-sentences.js'
import { memberOf, textOf } from '../members.js'
import type { ApiAnswer } from './api.js'

/** What a page says when something did not work. */
export interface Problem {
  /** In the person's language, or one of our sentences. */
  message: string
  /** By the `id` of the form field. */
  fields: Readonly<Record<string, string>>
  /** One of `docs/errors.md`, for templates that treat it apart. */
  code: string | undefined
  statusCode: number
  retryAfter: number | undefined
}

/** What the statuses of an endpoint mean, where the answer has no text of its own. */
export type Meanings = Readonly<Record<string, PageText>>

interface FieldError { id: string, error: string }

const UNEXPECTED: PageText = 'Something went wrong. Please try again.'

/** Input that a person can correct (RFC 9110, section 15.5.21): no password manager takes such an answer for a success. */
const UNPROCESSABLE = 422

/**
 * Reads a refusal. The answer's own text comes first: it is translated, and says what to do.
 *
 * @returns undefined if the answer is `OK`
 */
export function problemOf ({ statusCode, body, retryAfter }: ApiAnswer, meanings: Meanings, say: (text: PageText) => string): Problem | undefined {
  const status = textOf(body, 'status')
  if (statusCode === 200 && status === 'OK') return undefined
  const errors = memberOf(body, 'formFields') as FieldError[] | undefined
  const fields = Object.fromEntries((errors ?? []).map(({ id, error }) => [id, error]))
  const own = textOf(body, 'message') ?? textOf(body, 'reason')
  const message = own ?? say(meanings[status ?? ''] ?? (errors === undefined ? UNEXPECTED : 'Please correct what is marked below.'))
  const refused = retryAfter === undefined ? UNPROCESSABLE : 429
  return { message, fields, code: textOf(body, 'code'), statusCode: statusCode === 200 ? refused : statusCode, retryAfter }
}

/** For pages that have nothing to show without the answer. The error page says what the answer said. */
export const asError = ({ message, statusCode, code, retryAfter }: Problem): Error => Object.assign(new Error(message), { statusCode, code, retryAfter })
