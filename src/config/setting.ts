import type { Kind } from './kinds.js'

export const GROUPS = ['Service', 'Addresses', 'First factor', 'Second factor', 'Sessions', 'Hosted pages', 'Forward-auth', 'Services', 'Administration', 'Audit', 'Limits', 'SMS', 'Mail', 'Core', 'Backup', 'Traces'] as const

/** One environment setting, the source for validation, `--help`, `docs/configuration.md` and `.env.example`. */
export interface Setting {
  group: typeof GROUPS[number]
  kind: Kind<unknown>
  /** One or two sentences for the operator. */
  description: string
  /** The default, as written in the environment. @default none */
  default?: string
  /** The default in words, if it depends on other settings. */
  defaultInWords?: string
  /** Never shown, not even if it is invalid. @default false */
  secret?: boolean
  /** Value for `.env.example`, if there is no default. */
  example?: string
  /** Wrong names that people use for it and that are too different for the typo check. */
  mistakenFor?: string[]
}
