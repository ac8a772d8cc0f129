/**
 * A single plain address. Narrower than RFC 5322 on purpose: no lists, display names, comments, quoted local parts
 * (mail libraries have disagreed about where `"a@evil.example x"@good.example` goes) or line breaks.
 */
export const MAIL_ADDRESS = /^(?=.{3,254}$)[^\s\p{C}@<>(),;:"[\]\\]+@[^\s\p{C}@<>(),;:"[\]\\]+$/u
