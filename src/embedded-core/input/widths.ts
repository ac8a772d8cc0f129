import { badRequest } from './refusals.js'

/** Widths of the real Core's columns on PostgreSQL, in characters. */
export const WIDTHS = { account: 256, thirdPartyId: 28, role: 255, userId: 128, tenantId: 64, deviceName: 256 } as const

/**
 * The text, if the real Core's tables could store it. There the insert fails, which is a 500; a file that the real Core
 * cannot import would be worse.
 *
 * @throws a 400 refusal if it is longer
 */
export function stored (text: string, name: string, width: number = WIDTHS.account): string {
  // A character has two units at most, so that a megabyte need not be counted.
  if (text.length > width && (text.length > width * 2 || [...text].length > width)) {
    throw badRequest(`Field name '${name}' is too long. Max length is ${width}.`)
  }
  return text
}
