import type { Kind } from './kinds.js'

export const GROUPS = ['Service', 'Addresses', 'First factor', 'Second factor', 'Sessions', 'Limits', 'SMS', 'Mail', 'Core'] as const

/** One setting of the environment. Checks, `--help`, `docs/configuration.md` and `.env.example` all come from these. */
export interface Setting {
  group: typeof GROUPS[number]
  kind: Kind<unknown>
  /** One sentence, or two, for whoever runs the service. */
  description: string
  /** As it would be written in the environment. @default none */
  default?: string
  /** The default in words, when it depends on other settings. */
  defaultInWords?: string
  /** Never shown, not even when it is wrong. @default false */
  secret?: boolean
  /** For `.env.example`, where there is no default. */
  example?: string
  /** Names that people write instead and that no nearness would catch. */
  mistakenFor?: string[]
}
