/** A login name or an address as the Core looks it up, so that two spellings of it are counted together. */
export const subjectOf = (typed: string): string => typed.trim().toLowerCase()
