import { maskPhoneNumber } from '../../../phone/number.js'

/** Keys of the payload that say where codes go. Ours alone: what an app puts there is taken out. */
export const PHONE_PAYLOAD_KEYS = ['phoneNumber', 'phoneNumberHint'] as const

/** What a token tells of the phone: the number, or a masked hint. Whoever knows the password can read it. */
export function phonePayload (phoneNumber: string, exposed: boolean): Record<string, string> {
  return exposed ? { phoneNumber } : { phoneNumberHint: maskPhoneNumber(phoneNumber) }
}
