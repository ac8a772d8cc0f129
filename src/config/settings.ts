import type { Kind } from './kinds.js'
import type { Setting } from './setting.js'
import { limitSettings } from './settings-limits.js'
import { outsideSettings } from './settings-outside.js'
import { serviceSettings } from './settings-service.js'

/** Every setting, in the order in which it is documented. */
export const settings = { ...serviceSettings, ...limitSettings, ...outsideSettings }

type Table = typeof settings
export type Name = keyof Table
export const names = Object.keys(settings) as Name[]

/** The table without each entry's own type, for code that treats all alike. */
export const setting = (name: Name): Setting => settings[name]

type ValueOf<Entry> = Entry extends { kind: Kind<infer Value> } ? Value : never

/** What was read: a default makes a value certain, unless the text given instead is wrong, and then nothing is built from it. */
export type Values = { [Key in Name]: Table[Key] extends { default: string } ? ValueOf<Table[Key]> : ValueOf<Table[Key]> | undefined }
