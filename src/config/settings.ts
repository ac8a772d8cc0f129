import type { Kind } from './kinds.js'
import type { Setting } from './setting.js'
import { adminSettings } from './settings-admin.js'
import { auditSettings } from './settings-audit.js'
import { backupSettings } from './settings-backup.js'
import { firstFactorSettings } from './settings-first-factor.js'
import { forwardAuthSettings } from './settings-forward-auth.js'
import { limitSettings } from './settings-limits.js'
import { outsideSettings } from './settings-outside.js'
import { pageSettings } from './settings-pages.js'
import { secondFactorSettings } from './settings-second-factor.js'
import { serviceSettings } from './settings-service.js'
import { serviceClientSettings } from './settings-services.js'
import { sessionSettings } from './settings-sessions.js'
import { tracingSettings } from './settings-tracing.js'

/** All settings, in the order of the documentation. */
export const settings = { ...serviceSettings, ...firstFactorSettings, ...secondFactorSettings, ...sessionSettings, ...pageSettings, ...forwardAuthSettings, ...serviceClientSettings, ...adminSettings, ...auditSettings, ...limitSettings, ...outsideSettings, ...backupSettings, ...tracingSettings }

type Table = typeof settings
export type Name = keyof Table
export const names = Object.keys(settings) as Name[]

/** A setting without its specific type, for code that treats all settings alike. */
export const setting = (name: Name): Setting => settings[name]

type ValueOf<Entry> = Entry extends { kind: Kind<infer Value> } ? Value : never

/** The values read. A setting with a default has one unless its text is invalid; then no configuration is built. */
export type Values = { [Key in Name]: Table[Key] extends { default: string } ? ValueOf<Table[Key]> : ValueOf<Table[Key]> | undefined }
