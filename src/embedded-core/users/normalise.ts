import parsePhoneNumber from 'libphonenumber-js/max'

/** Emails are compared trimmed and in lower case and are otherwise taken as they come. */
export function normaliseEmail (email: string): string {
  return email.trim().toLowerCase()
}

/** E.164 where the text can be read as an international number, otherwise the text itself, trimmed. */
export function normalisePhone (phone: string): string {
  return parsePhoneNumber(phone.trim())?.number ?? phone.trim()
}
