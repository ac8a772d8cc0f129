import type { Speaker } from '../../../language/languages.js'

/** What a text is written from. */
export interface SmsTextInput {
  appName: string
  code: string
  /** How long the code works. */
  minutes: number
  /** Host of the website that asked, for the WebOTP line: browsers fill the code in on that site only. */
  host: string
  /** The request's `Accept-Language` header, unchanged. */
  acceptLanguage: string | undefined
  /** The language that the person wants of those that there are (BCP 47), for example `de`. */
  language: string
}

export type SmsText = (input: SmsTextInput) => string | Promise<string>

/**
 * The default text: one segment of 160 characters for app names up to 40, except in Japanese. Its last line binds the
 * code to the website of ours that asked (WebOTP, "origin-bound one-time codes"): browsers offer it there, and not to a
 * phishing page. No language changes that line.
 */
export function oneSegment ({ say }: Speaker, { appName, code, minutes, host }: SmsTextInput): string {
  return `${say('{appName}: {code} is your code. It works for {minutes} min. Never share it.', { appName, code, minutes })}\n\n@${host} #${code}`
}
