import { rmSync } from 'node:fs'
import { resolveSettings, type CoreConfig, type Settings } from '../config.js'
import { createHashQueue, type HashQueue } from '../hash-queue.js'
import { writeJson, type JsonObject } from '../input/json.js'
import { parseJson } from '../input/parse-json.js'
import { stampOf } from '../storage/files.js'
import type { KeyRing } from '../storage/key-ring.js'
import { ownerOf } from '../storage/owners.js'
import type { Migrated } from '../storage/schema.js'
import { explained, openStorage, type Durability, type Storage } from '../storage/storage.js'
import { openSealing, type Encryption, type Vault } from '../storage/vault.js'
import { checkTenantConfigs } from './config.js'
import { openKeys, type Keys } from './signing-keys.js'

export const PUBLIC = 'public'

export interface TenantConfig {
  tenantId: string
  /** null allows all. */
  firstFactors: string[] | null
  secondaryFactors: string[] | null
  providers: JsonObject[]
  coreConfig: CoreConfig
}

export interface App {
  id: string
  db: Storage
  vault: Vault
  keys: Keys
  /** All apps of a Core share one, as they share its CPU. */
  hashing: HashQueue
  now: () => number
  /** By tenant id. Change them through `saveTenant` and `removeTenant` only. */
  tenants: Map<string, TenantConfig>
  settings (tenantId: string): Settings
  /** @throws CORE_CONFIG_INVALID */
  saveTenant (config: TenantConfig): void
  /** Also removes what belongs to the tenant. Returns whether it existed. */
  removeTenant (tenantId: string): boolean
}

/** A tenant, as the recipes see it. */
export interface Tenant { id: string, app: App, db: Storage, now: () => number, settings: Settings }

export interface Apps {
  get (appId: string): App | undefined
  list (): App[]
  create (appId: string): App
  /** Deletes the app's file too. Returns whether the app existed. */
  remove (appId: string): boolean
  close (): void
}

export interface AppsOptions {
  file: string
  config: CoreConfig
  /** Encrypts the secrets in the files. @default [], no encryption */
  ring?: KeyRing
  /** What is encrypted. @default as in the file; of a new one, secrets */
  encryption?: Encryption | undefined
  /** @default 'full' */
  durability?: Durability
  /** @default one with its own defaults */
  hashing?: HashQueue
  now: () => number
  onError: (error: unknown) => void
  /** Called for each file of an earlier release that has been migrated. @default nothing */
  onMigrated?: (migrated: Migrated) => void
  /** Called for each file in which other things are encrypted than before, or by another key. @default nothing */
  onResealed?: (resealed: Resealed) => void
}

export interface Resealed {
  file: string
  from: Encryption | undefined
  to: Encryption
}

/**
 * Opens all apps. Each app has a database of its own, so that no app can see another's data, and removing an app is
 * removing a file. The public app's database lists the others.
 */
export function openApps ({ file, config, ring = [], durability = 'full', hashing = createHashQueue(), now, onError, onMigrated = () => {}, onResealed = () => {}, ...options }: AppsOptions): Apps {
  const suffixOf = (appId: string) => file === ':memory:' || appId === PUBLIC ? '' : `-app-${appId}`
  const fileOf = (appId: string) => file + suffixOf(appId)
  // The copies of all apps together are the files of a Core, too.
  const stamp = stampOf(Date.now())
  const copyName = (appId: string) => (version: number) => `${file}.schema-${version}-${stamp}${suffixOf(appId)}`
  // As in the public app, where nothing is said.
  let others: Encryption | undefined
  const open = (appId: string) => {
    const db = openStorage(fileOf(appId), { durability, onMigrated, copyName: copyName(appId) })
    try {
      const { vault, personal, encryption: sealed, before } = openSealing(db, ring, fileOf(appId), options.encryption, others)
      others ??= sealed
      if (before !== undefined && sealed !== undefined) onResealed({ file: fileOf(appId), from: before.encryption, to: sealed })
      return openApp({ id: appId, db: { ...db, personal }, vault, hashing, now }, config, onError)
    } catch (error) {
      db.close()
      throw explained(error as Error, fileOf(appId))
    }
  }

  const root = open(PUBLIC)
  const apps = new Map([[PUBLIC, root]])
  try {
    for (const { app_id: appId } of root.db.all<{ app_id: string }>('SELECT app_id FROM apps')) apps.set(appId, open(appId))
  } catch (error) {
    for (const app of apps.values()) closeApp(app)
    throw error
  }

  return {
    get: (appId) => apps.get(appId),
    list: () => [...apps.values()],
    create (appId) {
      root.db.run('INSERT INTO apps (app_id) VALUES (?)', appId)
      const app = open(appId)
      apps.set(appId, app)
      return app
    },
    remove (appId) {
      const app = apps.get(appId)
      if (app === undefined) return false
      apps.delete(appId)
      root.db.run('DELETE FROM apps WHERE app_id = ?', appId)
      closeApp(app)
      if (file !== ':memory:') for (const suffix of ['', '-wal']) rmSync(fileOf(appId) + suffix, { force: true })
      return true
    },
    close () {
      for (const app of apps.values()) closeApp(app)
    }
  }
}

function closeApp ({ db, keys }: App): void {
  keys.stop()
  db.close()
}

interface TenantRow { tenant_id: string, first_factors: string | null, secondary_factors: string | null, providers: string, core_config: string }

function openApp (parts: Pick<App, 'id' | 'db' | 'vault' | 'hashing' | 'now'>, base: CoreConfig, onError: (error: unknown) => void): App {
  const { db, vault, now } = parts
  const tenants = new Map<string, TenantConfig>()
  for (const row of db.all<TenantRow>('SELECT * FROM tenants')) {
    tenants.set(row.tenant_id, {
      tenantId: row.tenant_id,
      firstFactors: row.first_factors === null ? null : JSON.parse(row.first_factors),
      secondaryFactors: row.secondary_factors === null ? null : JSON.parse(row.secondary_factors),
      providers: parseJson(db.personal.open(row.providers, ownerOf.providers(row.tenant_id))) as JsonObject[],
      coreConfig: JSON.parse(row.core_config)
    })
  }

  const configOf = (tenantId: string) => (tenants.get(tenantId) as TenantConfig).coreConfig
  const layers = (tenantId: string) => [base, configOf(PUBLIC), configOf(tenantId)]
  const resolved = new Map<string, Settings>()
  const settings = (tenantId: string): Settings => {
    let found = resolved.get(tenantId)
    if (found === undefined) {
      found = resolveSettings(...layers(tenantId))
      resolved.set(tenantId, found)
    }
    return found
  }

  return {
    ...parts,
    tenants,
    settings,
    keys: openKeys({ db, vault, now, settings: () => settings(PUBLIC), onError }),
    saveTenant (config) {
      const own = new Map([...tenants].map(([id, { coreConfig }]) => [id, coreConfig])).set(config.tenantId, config.coreConfig)
      checkTenantConfigs([base, own.get(PUBLIC) as CoreConfig], [...own.values()])
      const json = (value: unknown) => value === null ? null : JSON.stringify(value)
      db.run(`INSERT INTO tenants (tenant_id, first_factors, secondary_factors, providers, core_config) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (tenant_id) DO UPDATE SET first_factors = excluded.first_factors, secondary_factors = excluded.secondary_factors,
          providers = excluded.providers, core_config = excluded.core_config`,
      config.tenantId, json(config.firstFactors), json(config.secondaryFactors), db.personal.seal(writeJson(config.providers), ownerOf.providers(config.tenantId)), JSON.stringify(config.coreConfig))
      tenants.set(config.tenantId, config)
      resolved.clear()
    },
    removeTenant (tenantId) {
      const existed = tenants.delete(tenantId)
      resolved.delete(tenantId)
      db.transaction(() => {
        for (const table of ['tenants', 'user_tenants', 'person_counts', 'devices']) db.run(`DELETE FROM ${table} WHERE tenant_id = ?`, tenantId)
        // In these words, since their indexes by tenant leave the public one out.
        for (const table of ['sessions', 'user_roles', 'verification_tokens', 'totp_attempts']) {
          db.run(`DELETE FROM ${table} WHERE tenant_id = ? AND tenant_id <> 'public'`, tenantId)
        }
      })
      return existed
    }
  }
}
