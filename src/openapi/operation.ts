import type { JsonSchema } from './schemas.js'

/** Groups of operations, in the order in which the document has them. */
export const TAGS = {
  'First factor': 'Sign-up, sign-in, reset and verification, by the Frontend Driver Interface of SuperTokens.',
  Session: 'Refresh, sign-out and what is known of the session.',
  'Second factor': 'Codes that are sent, by the Frontend Driver Interface, and the choice among factors.',
  'Authenticator apps': 'By the endpoints of SuperTokens\' TOTP recipe.',
  Passkeys: 'Passkeys as the second factor, or alone.',
  'Recovery codes': 'For those who have lost every other factor.',
  Account: 'What owners change and end by themselves.',
  'Account recovery': 'For those who have lost every second factor.',
  'Known browsers': 'Browsers that hold a key which cannot be copied out of them.',
  'Other services': 'For services of yours: about tokens, sessions that end, and keys.',
  Administration: 'For tools of your operators, with keys that have roles.',
  Service: 'For orchestrators.'
} as const

export type Tag = keyof typeof TAGS

/** An answer that is no JSON. */
export interface Media { media: string, description: string }

/** What a client can expect of a route of ours, in the words of OpenAPI 3.1. */
export interface Operation {
  tag: Tag
  summary: string
  description?: string
  /** Parameters of the query. Only described: the route itself checks them. */
  query?: JsonSchema
  /** The body, where the schema that the route checks says less than is needed. */
  body?: JsonSchema
  /** @default 'application/json' */
  consumes?: string
  /** By status. A text stands for HTML, and describes it. */
  answers: Readonly<Record<number, JsonSchema | Media | string>>
  /** `client` stands for the key of a service, `admin` for that of an operator. @default 'needed' */
  session?: 'none' | 'needed' | 'client' | 'admin'
}

/** By method and path, such as `POST /signin`. The path is below `apiBasePath`, or below `routesPath`. */
export type Operations<Keys extends string = string> = Readonly<Record<Keys, Operation>>
