import parsePhoneNumber from 'libphonenumber-js/max'
import { trim } from '../input/trim.js'

/** Trims and lowercases. Emails are otherwise not checked. */
export function normaliseEmail (email: string): string {
  return trim(email).toLowerCase()
}

/** E.164 if the text can be read as an international number, else the trimmed text. */
export function normalisePhone (phone: string): string {
  return parsePhoneNumber(trim(phone))?.number ?? trim(phone)
}
