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
INSERT INTO apps (app_id) VALUES ('b');
INSERT INTO tenants (tenant_id, first_factors, secondary_factors, providers, core_config) VALUES ('public', NULL, NULL, '[]', '{}');
INSERT INTO tenants (tenant_id, first_factors, secondary_factors, providers, core_config) VALUES ('t1', '["emailpassword"]', NULL, '[]', '{}');
INSERT INTO keys (kid, kind, created_at, secret) VALUES ('cbc0f439-9fea-471e-a4c5-c51c043ec5d8', 'refresh', 1793491200000, 'pb8gpvaiigJkhNPu/0z57AlactH1kbGIWjpo86ff930=');
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('5449e0d4-a86a-49bc-9d97-862f79f4c0c9', '5449e0d4-a86a-49bc-9d97-862f79f4c0c9', 1, 'emailpassword', 1793491200000, 'ann@example.com', NULL, NULL, NULL, '$2a$04$JPZrXWPmXlfQ2.2ZOiYWQ.sXzyiP.CtMBPiW2nqoIRP9JwxrRqba.');
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('97ac4993-ff5b-4dc2-8964-44ab25e93605', '97ac4993-ff5b-4dc2-8964-44ab25e93605', 0, 'emailpassword', 1793491200000, 'bob@example.com', NULL, NULL, NULL, '$2a$04$XDtKvkSvpzPfEeRj6rVdjOttNUT1pCcmf8ZZ2xyholtiU4amO0fqa');
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('d1f55664-396d-4c40-a1e2-ed4f8fc66058', '5449e0d4-a86a-49bc-9d97-862f79f4c0c9', 1, 'thirdparty', 1793491200000, 'ann@example.com', NULL, 'google', 'g1', NULL);
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('3107df45-f34e-4449-aeea-da0bf3d227ee', '3107df45-f34e-4449-aeea-da0bf3d227ee', 0, 'passwordless', 1793491200000, NULL, '+14155550101', NULL, NULL, NULL);
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('public', '3107df45-f34e-4449-aeea-da0bf3d227ee', '3107df45-f34e-4449-aeea-da0bf3d227ee', 1793491200000, 'passwordless');
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('public', '5449e0d4-a86a-49bc-9d97-862f79f4c0c9', '5449e0d4-a86a-49bc-9d97-862f79f4c0c9', 1793491200000, 'emailpassword');
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('t1', '97ac4993-ff5b-4dc2-8964-44ab25e93605', '97ac4993-ff5b-4dc2-8964-44ab25e93605', 1793491200000, 'emailpassword');
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('public', 'd1f55664-396d-4c40-a1e2-ed4f8fc66058', '5449e0d4-a86a-49bc-9d97-862f79f4c0c9', 1793491200000, 'thirdparty');
INSERT INTO user_ids (user_id, external_id, info) VALUES ('97ac4993-ff5b-4dc2-8964-44ab25e93605', 'bob', NULL);
INSERT INTO active_users (user_id, last_active) VALUES ('3107df45-f34e-4449-aeea-da0bf3d227ee', 1793491200000);
INSERT INTO active_users (user_id, last_active) VALUES ('5449e0d4-a86a-49bc-9d97-862f79f4c0c9', 1793491200000);
INSERT INTO active_users (user_id, last_active) VALUES ('97ac4993-ff5b-4dc2-8964-44ab25e93605', 1793491200000);
INSERT INTO active_users (user_id, last_active) VALUES ('d1f55664-396d-4c40-a1e2-ed4f8fc66058', 1793491200000);
INSERT INTO reset_tokens (token_hash, user_id, email, expires_at) VALUES ('73e540a449e0aa7a5ae057622b75af119c41842d7bdb6d2a2e34e85158d6c1e4', '97ac4993-ff5b-4dc2-8964-44ab25e93605', 'bob@example.com', 1793494800000);
INSERT INTO verified_emails (user_id, email) VALUES ('5449e0d4-a86a-49bc-9d97-862f79f4c0c9', 'ann@example.com');
INSERT INTO verified_emails (user_id, email) VALUES ('d1f55664-396d-4c40-a1e2-ed4f8fc66058', 'ann@example.com');
INSERT INTO verification_tokens (token_hash, tenant_id, user_id, email, expires_at) VALUES ('337a70b7e80e18983443a3bcc3919717166df18a52bfef47e1e9927f2783c5ed', 't1', 'bob', 'bob@example.com', 1793577600000);
INSERT INTO devices (tenant_id, device_hash, email, phone, salt, failed_attempts) VALUES ('public', 'C4fuYmbCnvvtr2rCzC25CxwNZao1Fp5ZYWIUifQGA54', NULL, '+14155550101', 'FWRrLPAGgFegO/eyjZ3GseTheD6Z3aCH765Wr+2HsHY=', 0);
INSERT INTO codes (code_id, tenant_id, device_hash, link_code_hash, created_at) VALUES ('620b9518-42a6-44d3-880d-48068bf8bafa', 'public', 'C4fuYmbCnvvtr2rCzC25CxwNZao1Fp5ZYWIUifQGA54', 'e_gazsK3fOKMimaU29eE_l9BJXE6Mq2CNJLxb5tZ92M', 1793491200000);
INSERT INTO sessions (handle, tenant_id, user_id, refresh_hash2, data, payload, static_key, created_at, expires_at) VALUES ('c51827d7-4e69-41de-a527-a489479205b7', 'public', '5449e0d4-a86a-49bc-9d97-862f79f4c0c9', '3bdebd024b28043cd04c1ced3c988b3acabdf5fed76ab204b25f3326248b72df', '{"b":2}', '{"a":1}', 0, 1793491200000, 1802131200000);
INSERT INTO user_metadata (user_id, metadata) VALUES ('5449e0d4-a86a-49bc-9d97-862f79f4c0c9', '{"passwordlessUserId":"3107df45-f34e-4449-aeea-da0bf3d227ee"}');
INSERT INTO roles (role) VALUES ('admin');
INSERT INTO role_permissions (role, permission) VALUES ('admin', 'read');
INSERT INTO role_permissions (role, permission) VALUES ('admin', 'write');
INSERT INTO user_roles (tenant_id, user_id, role) VALUES ('public', '5449e0d4-a86a-49bc-9d97-862f79f4c0c9', 'admin');
INSERT INTO totp_devices (user_id, name, secret, period, skew, verified, created_at) VALUES ('5449e0d4-a86a-49bc-9d97-862f79f4c0c9', 'app', 'AFTBM5XUATQILX7MZN3GXXVTSF5MD6R5', 30, 1, 1, 1793491200000);
INSERT INTO totp_attempts (id, tenant_id, user_id, code, valid, created_at, expires_at) VALUES (1, 'public', '5449e0d4-a86a-49bc-9d97-862f79f4c0c9', '116774', 1, 1793491200000, 1793491290000);
INSERT INTO bulk_import (id, status, error, raw, created_at, updated_at) VALUES ('d06d9dca-3b10-41f5-b828-f6bfbda6b207', 'FAILED', 'E031: A user with externalId bob already exists', '{"externalUserId":"bob","userRoles":[],"totpDevices":[],"loginMethods":[{"superTokensUserId":"d06d9dca-3b10-41f5-b828-f6bfbda6b207","recipeId":"emailpassword","tenantIds":["public"],"isVerified":false,"isPrimary":false,"timeJoinedInMSSinceEpoch":1793491200000,"email":"late@example.com","plainTextPassword":"correct horse"}]}', 1793491200000, 1793491200000);
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
