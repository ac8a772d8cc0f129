/** Why the service cannot serve, and what the log says of it. Everybody may ask, so nothing else is told. */
export const REASONS = {
  core: 'the Core does not answer',
  'core-key': 'the Core refuses the API key (SUPERTOKENS_API_KEY)',
  'signing-keys': 'the Core has not given its signing keys',
  storage: 'the file of the embedded Core cannot be written: its disk is full, failing or read-only',
  redis: 'Redis does not answer, or cannot be written to',
  overloaded: 'the process lags behind',
  draining: 'the process is about to end'
} as const

export type Reason = keyof typeof REASONS

export const REASON_NAMES = Object.keys(REASONS) as Reason[]
