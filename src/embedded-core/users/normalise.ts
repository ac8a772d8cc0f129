import parsePhoneNumber from 'libphonenumber-js/max'

/** Trims and lowercases. Emails are otherwise not checked. */
export function normaliseEmail (email: string): string {
  return email.trim().toLowerCase()
}

/** E.164 if the text can be read as an international number, else the trimmed text. */
export function normalisePhone (phone: string): string {
  return parsePhoneNumber(phone.trim())?.number ?? phone.trim()
}
