export const FIRST_JOINED = 1_700_000_000_000

/** The id of a user, by its number. Ids are spread like random ones, so that neighbours are nowhere near each other. */
export const idOf = (index) => `${((index * 2654435761) % 2 ** 32).toString(16).padStart(8, '0')}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`
const ID = 'printf(\'%08x-0000-4000-8000-%012x\', (i * 2654435761) & 4294967295, i)'

/** One user in ten signs in by a code to a phone, one by a provider, the others by a password. */
export const recipeOf = (index) => index % 10 === 1 ? 'passwordless' : index % 10 === 2 ? 'thirdparty' : 'emailpassword'
const RECIPE = 'CASE i % 10 WHEN 1 THEN \'passwordless\' WHEN 2 THEN \'thirdparty\' ELSE \'emailpassword\' END'

/**
 * Fills a new file of schema version 2 with users, each with a session, activity, metadata and a role, and a tenth as many
 * of everything else. SQLite makes the rows itself, and their indexes afterwards. The next start migrates the file.
 */
export function populate (db, count, passwordHash) {
  // The file is disposable, so do not wait for the disk.
  for (const pragma of ['synchronous = OFF', 'cache_size = -1000000', 'foreign_keys = OFF', 'temp_store = MEMORY']) db.all(`PRAGMA ${pragma}`)
  const indexes = db.all('SELECT name, sql FROM sqlite_schema WHERE type = \'index\' AND sql IS NOT NULL')
  const now = Date.now()
  const fill = (columns, values, { every = 1, order = '1' } = {}) => db.run(`INSERT INTO ${columns}
    WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + ${every} FROM numbers WHERE i + ${every} < ${count}) SELECT ${values} FROM numbers ORDER BY ${order}`)
  db.transaction(() => {
    for (const { name } of indexes) db.run(`DROP INDEX ${name}`)
    fill('users (user_id, primary_id, recipe, time_joined, email, phone, provider, provider_user_id, password_hash)',
      `${ID}, ${ID}, ${RECIPE}, ${FIRST_JOINED} + i, iif(i % 10 = 1, NULL, 'user-' || i || '@host-' || (i / 20) || '.example'), iif(i % 10 = 1, '+1' || (2000000000 + i), NULL),
      iif(i % 10 = 2, 'google', NULL), iif(i % 10 = 2, 'g-' || i, NULL), iif(i % 10 IN (1, 2), NULL, '${passwordHash}')`, { order: 'i' })
    fill('user_tenants (tenant_id, user_id, primary_id, primary_time, recipe)', `'public', ${ID}, ${ID}, ${FIRST_JOINED} + i, ${RECIPE}`, { order: '2' })
    fill('sessions (handle, tenant_id, user_id, refresh_hash2, data, payload, static_key, created_at, expires_at)',
      `lower(hex(randomblob(16))), 'public', ${ID}, lower(hex(randomblob(32))), '{}', '{}', 0, ${now}, ${now} + 8640000000 + i`)
    fill('active_users (user_id, last_active)', `${ID}, ${now} - 50 * i`)
    fill('user_metadata (user_id, metadata)', `${ID}, '{"passwordlessUserId":"x"}'`)
    db.run('INSERT INTO roles (role) VALUES (\'member\'), (\'admin\')')
    fill('user_roles (user_id, tenant_id, role)', `${ID}, 'public', 'member'`)
    const some = { every: 10 }
    fill('verified_emails (user_id, email)', `${ID}, 'user-' || i || '@host-' || (i / 20) || '.example'`, some)
    fill('verification_tokens (token_hash, tenant_id, user_id, email, expires_at)', `lower(hex(randomblob(32))), 'public', ${ID}, 'a@b.example', ${now} + 86400000`, some)
    fill('reset_tokens (token_hash, user_id, email, expires_at)', `lower(hex(randomblob(32))), ${ID}, 'a@b.example', ${now} + 86400000`, some)
    fill('totp_devices (user_id, name, secret, period, skew, verified, created_at)', `${ID}, 'app', 'JBSWY3DPEHPK3PXP', 30, 1, 1, ${now}`, some)
    fill('totp_attempts (tenant_id, user_id, code, valid, created_at, expires_at)', `'public', ${ID}, '123456', 0, ${now}, ${now} + 86400000`, some)
    fill('user_ids (user_id, external_id)', `${ID}, 'external-' || i`, some)
    fill('devices (tenant_id, device_hash, phone, salt)', '\'public\', \'device-\' || i, \'+1\' || i, \'\'', some)
    fill('codes (code_id, tenant_id, device_hash, link_code_hash, created_at)', `${ID}, 'public', 'device-' || i, 'link-' || i, ${now}`, some)
    fill('bulk_import (id, status, error, raw, created_at, updated_at)', `'queued-' || i, 'FAILED', 'E003', '{}', ${now}, ${now}`, some)
    for (const { sql } of indexes) db.run(sql)
  })
}
