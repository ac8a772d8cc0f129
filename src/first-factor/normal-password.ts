/**
 * A password as it is counted, compared and stored (NIST SP 800-63B 3.1.1.2): one device types `é` as one code point,
 * another as two, and a Japanese keyboard types full-width letters.
 */
export const normalPassword = (password: string): string => password.normalize('NFKC')

/** A text as lists of words are compared: nobody is safer by a capital letter that guessers try as well. */
export const foldPassword = (text: string): string => normalPassword(text).toLowerCase()
