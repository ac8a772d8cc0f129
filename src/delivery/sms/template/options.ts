export type Scalar = string | number | boolean

/** What an answer has to be. Everything that is given must hold. */
export interface Condition {
  /** @default any of 200 to 299 */
  status?: number | readonly number[]
  /** A JSON pointer (RFC 6901) to a member of the answer, such as `/messages/0/status`. */
  pointer?: string
  /** What is there, one of these; compared as text. @default anything but null */
  equals?: Scalar | readonly Scalar[]
  /** The whole answer as text, without white space around it; one of these. */
  text?: string | readonly string[]
}

/** How a provider reports what became of a message, at `{receipt_url}`. */
export interface TemplateReceipts {
  /** Where the status is: a JSON pointer into the body, or the name of a parameter in a form or the query. */
  status: string
  /** What it is when the message has arrived. */
  delivered: readonly Scalar[]
  /** What it is when the message will never arrive. */
  undelivered: readonly Scalar[]
}

/**
 * Any provider with an HTTP API. `{to}`, `{to_digits}`, `{from}`, `{text}`, `{code}`, `{link}`, `{language}`, `{id}` and
 * `{receipt_url}` stand for parts of a message in `url`, `headers` and the body (`docs/delivery/http.md`).
 */
export interface HttpSmsOptions {
  provider: 'http'
  /** For logs, and to tell several apart: lower-case letters, digits and `-`. @default 'http' */
  name?: string
  /** @default 'POST' */
  method?: 'POST' | 'PUT' | 'GET'
  /** Placeholders only behind the host, `{text}` and `{link}` only in the query. */
  url: string
  /** @default {} */
  headers?: Readonly<Record<string, string>>
  /** The body as JSON. One of `json`, `form` and `xml`, or none. */
  json?: unknown
  /** The body as a form. */
  form?: Readonly<Record<string, string>>
  /** The body as XML. */
  xml?: string
  /** Basic or bearer authentication. @default none, or what `headers` has */
  auth?: { user: string, password: string } | { bearer: string }
  /** What `{from}` stands for. */
  from?: string
  /** When a message counts as sent. @default any status from 200 to 299 */
  success?: Condition
  /** When the number is refused, so that no other provider is asked. @default status 400 or 422 */
  refused?: Condition | readonly Condition[]
  /** How receipts say what became of a message. @default none: they are refused */
  receipts?: TemplateReceipts
}
