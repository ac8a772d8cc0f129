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
}

export type SmsText = (input: SmsTextInput) => string | Promise<string>

/**
 * The default text: one segment of 160 characters for app names up to 40. Its last line binds the code to the website of
 * ours that asked (WebOTP, "origin-bound one-time codes"): browsers offer it there, and not to a phishing page.
 */
export const oneSegment: SmsText = ({ appName, code, minutes, host }) =>
  `${appName}: ${code} is your code. It works for ${minutes} min. Never share it.\n\n@${host} #${code}`
