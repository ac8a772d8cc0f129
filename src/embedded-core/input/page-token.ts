import { decodeBase64 } from './base64.js'
import { wholeIn } from './numbers.js'
import { badRequest } from './refusals.js'

/** The first item of a page: its id, and the time by which the list is sorted. */
export interface PageStart { id: string, time: number }

export function pageToken ({ id, time }: PageStart): string {
  return Buffer.from(`${id};${time}`).toString('base64')
}

/** @throws a 400 refusal */
export function readPageToken (token: string): PageStart {
  // Empty parts at the end do not count.
  const [id, text, ...rest] = decodeBase64(token, 'base64')?.toString().replace(/;+$/, '').split(';') ?? []
  const time = wholeIn(text ?? '', 64)
  if (id === undefined || time === undefined || rest.length > 0) throw badRequest('invalid pagination token')
  return { id, time }
}
