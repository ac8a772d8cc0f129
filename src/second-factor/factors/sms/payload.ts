import { maskPhoneNumber } from '../../../phone/number.js'

/** Payload keys that say where codes go. Only this plugin sets them: whatever an app puts there is removed. */
export const PHONE_PAYLOAD_KEYS = ['phoneNumber', 'phoneNumberHint'] as const

/**
 * What a token says of the phone: the number, or a mask of it. Anyone with the password can read it. Stock pages look for
 * `phoneNumber`, and ask people for a number when there is none.
 */
export function phonePayload (phoneNumber: string, exposed: boolean): Record<string, string> {
  if (exposed) return { phoneNumber }
  const mask = maskPhoneNumber(phoneNumber)
  return { phoneNumber: mask, phoneNumberHint: mask }
}
