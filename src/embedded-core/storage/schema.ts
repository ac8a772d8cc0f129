import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { CORE_FILE_TOO_NEW } from '../errors.js'
import { COUNTED_ACTIVITY, COUNTED_PERSONS } from './counts.js'
import { createPrivate, syncFile } from './files.js'

/**
 * One step per schema version. A file is migrated by the steps it lacks, so never edit a released step.
 * A database holds one app. Times are in milliseconds, JSON is text, tokens are stored as hashes only.
 */
export const STEPS: readonly string[] = [`
  CREATE TABLE apps (app_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE tenants (
    tenant_id TEXT PRIMARY KEY, first_factors TEXT, secondary_factors TEXT,
    providers TEXT NOT NULL DEFAULT '[]', core_config TEXT NOT NULL DEFAULT '{}') STRICT, WITHOUT ROWID;
  INSERT INTO tenants (tenant_id) VALUES ('public');
  CREATE TABLE keys (kid TEXT PRIMARY KEY, kind TEXT NOT NULL, created_at INTEGER NOT NULL, secret TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE users (
    user_id TEXT PRIMARY KEY, primary_id TEXT NOT NULL, is_primary INTEGER NOT NULL DEFAULT 0,
    recipe TEXT NOT NULL, time_joined INTEGER NOT NULL,
    email TEXT, phone TEXT, provider TEXT, provider_user_id TEXT, password_hash TEXT) STRICT;
  CREATE INDEX users_primary ON users (primary_id);
  CREATE INDEX users_email ON users (email) WHERE email IS NOT NULL;
  CREATE INDEX users_phone ON users (phone) WHERE phone IS NOT NULL;
  CREATE INDEX users_provider ON users (provider, provider_user_id) WHERE provider IS NOT NULL;

  -- primary_time is that of the oldest login method. Kept here so that a page of users is one walk along an index.
  CREATE TABLE user_tenants (
    tenant_id TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    primary_id TEXT NOT NULL, primary_time INTEGER NOT NULL, recipe TEXT NOT NULL,
    PRIMARY KEY (user_id, tenant_id)) STRICT, WITHOUT ROWID;
  CREATE INDEX user_tenants_page ON user_tenants (tenant_id, primary_time, primary_id);

  CREATE TABLE user_ids (user_id TEXT PRIMARY KEY, external_id TEXT NOT NULL UNIQUE, info TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE active_users (user_id TEXT PRIMARY KEY, last_active INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX active_users_time ON active_users (last_active);

  CREATE TABLE reset_tokens (token_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, email TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX reset_tokens_user ON reset_tokens (user_id);
  CREATE INDEX reset_tokens_expiry ON reset_tokens (expires_at);

  CREATE TABLE verified_emails (user_id TEXT NOT NULL, email TEXT NOT NULL, PRIMARY KEY (user_id, email)) STRICT, WITHOUT ROWID;
  CREATE TABLE verification_tokens (
    token_hash TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, email TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX verification_tokens_user ON verification_tokens (user_id, email);
  CREATE INDEX verification_tokens_expiry ON verification_tokens (expires_at);

  CREATE TABLE devices (
    tenant_id TEXT NOT NULL, device_hash TEXT NOT NULL, email TEXT, phone TEXT, salt TEXT NOT NULL,
    failed_attempts INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tenant_id, device_hash)) STRICT, WITHOUT ROWID;
  CREATE INDEX devices_email ON devices (email) WHERE email IS NOT NULL;
  CREATE INDEX devices_phone ON devices (phone) WHERE phone IS NOT NULL;
  CREATE TABLE codes (
    code_id TEXT NOT NULL, tenant_id TEXT NOT NULL, device_hash TEXT NOT NULL, link_code_hash TEXT NOT NULL, created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, device_hash, code_id), UNIQUE (tenant_id, link_code_hash),
    FOREIGN KEY (tenant_id, device_hash) REFERENCES devices (tenant_id, device_hash) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
  CREATE INDEX codes_id ON codes (code_id);
  CREATE INDEX codes_age ON codes (created_at);

  CREATE TABLE sessions (
    handle TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, refresh_hash2 TEXT NOT NULL,
    data TEXT NOT NULL, payload TEXT NOT NULL, static_key INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_user ON sessions (user_id);
  CREATE INDEX sessions_expiry ON sessions (expires_at);

  CREATE TABLE user_metadata (user_id TEXT PRIMARY KEY, metadata TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE roles (role TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE role_permissions (
    role TEXT NOT NULL REFERENCES roles (role) ON DELETE CASCADE, permission TEXT NOT NULL, PRIMARY KEY (role, permission)) STRICT, WITHOUT ROWID;
  CREATE INDEX role_permissions_permission ON role_permissions (permission);
  CREATE TABLE user_roles (
    tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL REFERENCES roles (role) ON DELETE CASCADE,
    PRIMARY KEY (user_id, tenant_id, role)) STRICT, WITHOUT ROWID;
  CREATE INDEX user_roles_role ON user_roles (role, tenant_id);

  CREATE TABLE totp_devices (
    user_id TEXT NOT NULL, name TEXT NOT NULL, secret TEXT NOT NULL, period INTEGER NOT NULL, skew INTEGER NOT NULL,
    verified INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (user_id, name)) STRICT;
  CREATE TABLE totp_attempts (
    id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, code TEXT NOT NULL, valid INTEGER NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  CREATE INDEX totp_attempts_user ON totp_attempts (user_id, tenant_id);
  CREATE INDEX totp_attempts_expiry ON totp_attempts (expires_at);

  CREATE TABLE bulk_import (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, error TEXT, raw TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
  CREATE INDEX bulk_import_page ON bulk_import (created_at, id);
`, `
  -- By recipe as well: a list of users with a rare recipe must not read past all others. A count reads the index alone.
  DROP INDEX user_tenants_page;
  CREATE INDEX user_tenants_page ON user_tenants (tenant_id, recipe, primary_time, primary_id);
  -- Ids are random. In an index by time of joining, the rows of a page of users lie side by side.
  CREATE INDEX user_tenants_person ON user_tenants (primary_time, primary_id, user_id, tenant_id, recipe);
  CREATE INDEX users_alone ON users (time_joined, primary_id) WHERE is_primary = 0;
  -- A linked login method is active as its primary user.
  DELETE FROM active_users WHERE user_id IN (SELECT user_id FROM users WHERE primary_id <> user_id);
`, `
  -- Searches by the beginning of an email's domain, of a phone number and of a provider's name. An email may have several @.
  CREATE INDEX users_domain ON users (substr(email, instr(email, '@') + 1)) WHERE instr(email, '@') > 0;
  CREATE INDEX users_domains ON users (email) WHERE instr(substr(email, instr(email, '@') + 1), '@') > 0;
  CREATE INDEX users_phone_search ON users (phone COLLATE NOCASE) WHERE phone IS NOT NULL;
  CREATE INDEX users_provider_search ON users (provider COLLATE NOCASE) WHERE provider IS NOT NULL;

  -- What a tenant has when it is removed. The public tenant cannot be, so its rows cost nothing.
  CREATE INDEX sessions_tenant ON sessions (tenant_id) WHERE tenant_id <> 'public';
  CREATE INDEX user_roles_tenant ON user_roles (tenant_id) WHERE tenant_id <> 'public';
  CREATE INDEX verification_tokens_tenant ON verification_tokens (tenant_id) WHERE tenant_id <> 'public';
  CREATE INDEX totp_attempts_tenant ON totp_attempts (tenant_id) WHERE tenant_id <> 'public';

  -- When the last code of a device was made: housekeeping need not look at the codes of all devices.
  ALTER TABLE devices ADD COLUMN last_code INTEGER NOT NULL DEFAULT 0;
  UPDATE devices SET last_code = coalesce(
    (SELECT max(created_at) FROM codes c WHERE c.tenant_id = devices.tenant_id AND c.device_hash = devices.device_hash), 0);
  CREATE INDEX devices_last_code ON devices (last_code);
  DROP INDEX codes_age;
  CREATE TRIGGER codes_made AFTER INSERT ON codes BEGIN
    UPDATE devices SET last_code = max(last_code, NEW.created_at) WHERE tenant_id = NEW.tenant_id AND device_hash = NEW.device_hash;
  END;

  -- The numbers of queued users by status, and an index for each way to walk along the queue.
  CREATE INDEX bulk_import_next ON bulk_import (status);
  CREATE INDEX bulk_import_status ON bulk_import (status, created_at, id);
  CREATE TABLE bulk_import_counts (status TEXT PRIMARY KEY, users INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO bulk_import_counts (status, users) SELECT status, count(*) FROM bulk_import GROUP BY status;
  CREATE TRIGGER bulk_import_added AFTER INSERT ON bulk_import BEGIN
    INSERT INTO bulk_import_counts (status, users) VALUES (NEW.status, 1) ON CONFLICT (status) DO UPDATE SET users = users + 1;
  END;
  CREATE TRIGGER bulk_import_removed AFTER DELETE ON bulk_import BEGIN
    UPDATE bulk_import_counts SET users = users - 1 WHERE status = OLD.status;
  END;
  CREATE TRIGGER bulk_import_moved AFTER UPDATE OF status ON bulk_import BEGIN
    UPDATE bulk_import_counts SET users = users - 1 WHERE status = OLD.status;
    INSERT INTO bulk_import_counts (status, users) VALUES (NEW.status, 1) ON CONFLICT (status) DO UPDATE SET users = users + 1;
  END;
` + COUNTED_PERSONS + COUNTED_ACTIVITY, `
  -- Where personal data is encrypted, columns that are looked up hold blind indexes, and this one the values (storage/personal.ts).
  ALTER TABLE users ADD COLUMN sealed TEXT;
  ALTER TABLE verified_emails ADD COLUMN sealed TEXT;
  ALTER TABLE verification_tokens ADD COLUMN sealed TEXT;
  ALTER TABLE devices ADD COLUMN sealed TEXT;
  ALTER TABLE totp_devices ADD COLUMN sealed TEXT;
`]

export const SCHEMA_VERSION = STEPS.length

export interface Migrated {
  file: string
  from: number
  to: number
  /** The copy of the file as it was. */
  kept: string | undefined
}

export interface Migration {
  steps: readonly string[]
  /** Whether a file of an earlier release stays one. @default false */
  asIs?: boolean | undefined
  /** The name for a copy of the file as it was. @default no copy */
  copyName?: ((version: number) => string) | undefined
}

/**
 * Brings a file up to the newest schema, in one transaction: a crash leaves it as it was or as it should be. What the
 * earlier release can open is kept as a copy.
 *
 * @throws CORE_FILE_TOO_NEW if a later release has written the file
 */
export function migrate (db: DatabaseSync, file: string, { steps, asIs = false, copyName }: Migration): Migrated | undefined {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > steps.length) throw new CORE_FILE_TOO_NEW(file, version, steps.length)
  if (version === steps.length || (asIs && version > 0)) return undefined
  const kept = version === 0 || copyName === undefined ? undefined : keepOld(db, copyName(version))
  try {
    db.exec(['BEGIN', ...steps.slice(version), `PRAGMA user_version = ${steps.length}`, 'COMMIT'].join(';\n'))
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
  return version === 0 ? undefined : { file, from: version, to: steps.length, kept }
}

/** Under another name until it is complete. */
function keepOld (db: DatabaseSync, kept: string): string {
  const unfinished = `${kept}.unfinished`
  rmSync(unfinished, { force: true })
  createPrivate(unfinished)
  try {
    db.prepare('VACUUM INTO ?').run(unfinished)
    syncFile(unfinished)
    renameSync(unfinished, kept)
    syncFile(dirname(kept))
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  return kept
}
