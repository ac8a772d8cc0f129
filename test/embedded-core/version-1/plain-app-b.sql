PRAGMA user_version = 1;
CREATE TABLE apps (app_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE tenants (
    tenant_id TEXT PRIMARY KEY, first_factors TEXT, secondary_factors TEXT,
    providers TEXT NOT NULL DEFAULT '[]', core_config TEXT NOT NULL DEFAULT '{}') STRICT, WITHOUT ROWID;
CREATE TABLE keys (kid TEXT PRIMARY KEY, kind TEXT NOT NULL, created_at INTEGER NOT NULL, secret TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE users (
    user_id TEXT PRIMARY KEY, primary_id TEXT NOT NULL, is_primary INTEGER NOT NULL DEFAULT 0,
    recipe TEXT NOT NULL, time_joined INTEGER NOT NULL,
    email TEXT, phone TEXT, provider TEXT, provider_user_id TEXT, password_hash TEXT) STRICT;
CREATE TABLE user_tenants (
    tenant_id TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    primary_id TEXT NOT NULL, primary_time INTEGER NOT NULL, recipe TEXT NOT NULL,
    PRIMARY KEY (user_id, tenant_id)) STRICT, WITHOUT ROWID;
CREATE TABLE user_ids (user_id TEXT PRIMARY KEY, external_id TEXT NOT NULL UNIQUE, info TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE active_users (user_id TEXT PRIMARY KEY, last_active INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE reset_tokens (token_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, email TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE verified_emails (user_id TEXT NOT NULL, email TEXT NOT NULL, PRIMARY KEY (user_id, email)) STRICT, WITHOUT ROWID;
CREATE TABLE verification_tokens (
    token_hash TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, email TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE devices (
    tenant_id TEXT NOT NULL, device_hash TEXT NOT NULL, email TEXT, phone TEXT, salt TEXT NOT NULL,
    failed_attempts INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tenant_id, device_hash)) STRICT, WITHOUT ROWID;
CREATE TABLE codes (
    code_id TEXT NOT NULL, tenant_id TEXT NOT NULL, device_hash TEXT NOT NULL, link_code_hash TEXT NOT NULL, created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, device_hash, code_id), UNIQUE (tenant_id, link_code_hash),
    FOREIGN KEY (tenant_id, device_hash) REFERENCES devices (tenant_id, device_hash) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
    handle TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, refresh_hash2 TEXT NOT NULL,
    data TEXT NOT NULL, payload TEXT NOT NULL, static_key INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE user_metadata (user_id TEXT PRIMARY KEY, metadata TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE roles (role TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE role_permissions (
    role TEXT NOT NULL REFERENCES roles (role) ON DELETE CASCADE, permission TEXT NOT NULL, PRIMARY KEY (role, permission)) STRICT, WITHOUT ROWID;
CREATE TABLE user_roles (
    tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL REFERENCES roles (role) ON DELETE CASCADE,
    PRIMARY KEY (user_id, tenant_id, role)) STRICT, WITHOUT ROWID;
CREATE TABLE totp_devices (
    user_id TEXT NOT NULL, name TEXT NOT NULL, secret TEXT NOT NULL, period INTEGER NOT NULL, skew INTEGER NOT NULL,
    verified INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (user_id, name)) STRICT;
CREATE TABLE totp_attempts (
    id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, code TEXT NOT NULL, valid INTEGER NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE bulk_import (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, error TEXT, raw TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
INSERT INTO tenants (tenant_id, first_factors, secondary_factors, providers, core_config) VALUES ('public', NULL, NULL, '[]', '{}');
INSERT INTO keys (kid, kind, created_at, secret) VALUES ('1c24b948-00e4-446a-86b1-f2a4e15555ac', 'refresh', 1793491200000, 'itkfWTWo/FlRi/pW2gdOVENNcdxglmmUK/Pt0ZrdMvE=');
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('4dca4cd6-976a-4b17-90c1-ca63bdfab6ec', '4dca4cd6-976a-4b17-90c1-ca63bdfab6ec', 0, 'emailpassword', 1793491200000, 'cat@example.com', NULL, NULL, NULL, '$2a$04$d.oh4eyW.aP/onMtCHBKj.CFC659SagvPgtWi7BLtE8r8NoM9wqhW');
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('public', '4dca4cd6-976a-4b17-90c1-ca63bdfab6ec', '4dca4cd6-976a-4b17-90c1-ca63bdfab6ec', 1793491200000, 'emailpassword');
INSERT INTO active_users (user_id, last_active) VALUES ('4dca4cd6-976a-4b17-90c1-ca63bdfab6ec', 1793491200000);
INSERT INTO active_users (user_id, last_active) VALUES ('cat', 1793491200000);
INSERT INTO sessions (handle, tenant_id, user_id, refresh_hash2, data, payload, static_key, created_at, expires_at) VALUES ('91fc24ca-bdd7-4d7b-a991-206876bf2af8', 'public', 'cat', 'c377608e06fa4889cdd13ab6d54f8272c8505d81ed0b8dcf8bb66911ebd70407', '{"b":2}', '{"a":1}', 0, 1793491200000, 1802131200000);
CREATE INDEX users_primary ON users (primary_id);
CREATE INDEX users_email ON users (email) WHERE email IS NOT NULL;
CREATE INDEX users_phone ON users (phone) WHERE phone IS NOT NULL;
CREATE INDEX users_provider ON users (provider, provider_user_id) WHERE provider IS NOT NULL;
CREATE INDEX user_tenants_page ON user_tenants (tenant_id, primary_time, primary_id);
CREATE INDEX active_users_time ON active_users (last_active);
CREATE INDEX reset_tokens_user ON reset_tokens (user_id);
CREATE INDEX reset_tokens_expiry ON reset_tokens (expires_at);
CREATE INDEX verification_tokens_user ON verification_tokens (user_id, email);
CREATE INDEX verification_tokens_expiry ON verification_tokens (expires_at);
CREATE INDEX devices_email ON devices (email) WHERE email IS NOT NULL;
CREATE INDEX devices_phone ON devices (phone) WHERE phone IS NOT NULL;
CREATE INDEX codes_id ON codes (code_id);
CREATE INDEX codes_age ON codes (created_at);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX role_permissions_permission ON role_permissions (permission);
CREATE INDEX user_roles_role ON user_roles (role, tenant_id);
CREATE INDEX totp_attempts_user ON totp_attempts (user_id, tenant_id);
CREATE INDEX totp_attempts_expiry ON totp_attempts (expires_at);
CREATE INDEX bulk_import_page ON bulk_import (created_at, id);
