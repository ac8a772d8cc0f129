import { maskPhoneNumber } from '../../../phone/number.js'

/** Payload keys that say where codes go. Only this plugin sets them: whatever an app puts there is removed. */
export const PHONE_PAYLOAD_KEYS = ['phoneNumber', 'phoneNumberHint'] as const

/** What a token says of the phone: the number, or a masked hint. Anyone with the password can read it. */
export function phonePayload (phoneNumber: string, exposed: boolean): Record<string, string> {
  return exposed ? { phoneNumber } : { phoneNumberHint: maskPhoneNumber(phoneNumber) }
}
