import { memberOf } from '../members.js'

/** Where security event tokens are delivered to (RFC 8935). */
export interface EventReceiver {
  /** In production https. */
  url: string
  /** Sent as `Authorization: Bearer`. */
  token: string
  /** `aud` of the tokens. @default the origin of `url` */
  audience?: string
}

export const isReceiverUrl = (value: unknown): boolean => {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, username, password, hash } = new URL(value)
  return /^https?:$/.test(protocol) && username + password + hash === ''
}

export const isReceiverToken = (value: unknown): boolean => typeof value === 'string' && /^[\x21-\x7e]{1,4096}$/.test(value)

/** What is wrong with the receiver. */
export function eventReceiverProblems (receiver: unknown): string[] {
  if (receiver === undefined) return []
  const [url, token, audience] = ['url', 'token', 'audience'].map((name) => memberOf(receiver, name))
  return [
    ...(isReceiverUrl(url) ? [] : ['eventReceiver.url must be an http(s) URL without credentials']),
    ...(isReceiverToken(token) ? [] : ['eventReceiver.token must be visible ASCII characters without spaces']),
    ...(audience === undefined || (typeof audience === 'string' && audience !== '') ? [] : ['eventReceiver.audience must be a text'])
  ]
}
