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
INSERT INTO keys (kid, kind, created_at, secret) VALUES ('1eccc767-709f-4ead-8ed3-d31bedb40d62', 'refresh', 1793491200000, 'v1:ba962644fdad6b24:w4S5kqtzr1S9ouMbPMdifbv9ge2JQLQzh1fBT3YK/+bR2OEQyUGrWH9lVsJLn/UWoVTKpUa5n7eEWwVGfv200I7vRjCpCLuL');
INSERT INTO keys (kid, kind, created_at, secret) VALUES ('ba962644fdad6b24', 'vault', 1, 'v1:ba962644fdad6b24:+HmyzmjAs9GN3D8KKmaHIn9eDXlQ7c0i4koLOw==');
INSERT INTO keys (kid, kind, created_at, secret) VALUES ('d-1793491200000', 'dynamic', 1793491200000, 'v1:ba962644fdad6b24:UYu9Pda8xr2RZ6lf3FrpaCdLQAWkgrjWhdNxkA00blh1Fe6xDDJqiEMaLBWZVpBuB5dXMZw3tHKsvIK3TVYwWVjXNR0hvOP8KrrpUtd+uLcbs1lCaKx1bPTPqEeCQTS0AQomaI7JT5Sf4phC84pofxyZ+M3s9CIgxS0DFVSrlvajeH4WhuLrbtHxi/37EapY9MhvvVhazlZexJrB8XlzNuhVM8/fVZf032HG/NMZZrlwVJXDajyn/qh4VBne22ihffXvfQCxvGjzdLb+9mcVNegRJ+z6OW20bk8ULlCBCaa/hcYOigbu3cRZuLVS/juCjFZohjH239bNno9cJGA7k7YKAeo2/UF8r0plXntQ09bLyAXjasgYbfLxjDPs5QScFMwl6e7AEzQEw6oLaxEmRLPDZau+Mn7L/r+BEUxLEoFz3J+MJr+aM3P3p5J3b5kkDN4hkNaqvg+ZP+t6twWZROJZZP6K2fWfjSDpVul7Lv8KYme6pOTsDQe5vjZYEtu4DuTwTVEN5lvvZidln+y8sPohaAdzPDer1vaWsUjOocbjwugf2ws+xWubM+f95WKEM6C6sxRYwhCRdDpd9hpPwCo/Qy/Z0cNdFMrLzbEdDUiOfS7iDVEpmOx92Wm+cirl7wPh+XuLsAxvZ+3qnc0Yiad8NGsxFRX0d0zwy1nelRQCkFMqOyfO9D65p8w8fR7NgvKD8wsF0HP6dlaBIFwl6VIFy+q1DkyBR/MjtOaBLUYJf0l1Z3nqtaEfgR0kbMJHsbx3PXWmNTDjAHLre5BEgIUOtNI+xiZftoJ1kO5awbqxG6jfbV/ilks3aZ1FpjsLJI86LIM8L5Noo1Xi532Mz0ILu+/y4I9t4A+A5/yUVl3z4jw8VBOrkqQ3GPASugIyRpGUzQ7UrgwhN9aUSMippqlIVNEaqNeZt6LhAgXMGKQ53rBSwrI2vUnI77bgoCGr7La2zhU1g9rNwL02wR0Edxq1TUSl3vUnkwYMoSe2IvknIVzaQ5X9kN8qttEFsi3Ix968t17PdVeK+NxAAE34oZjeBU69uU+SaZC/kc3chwIbUom1Zrft0aRdUg6Y3VJYrSh9SuTfj0Kw59t/Zx/yYUmVO/AtUoPw0KuabIeYKcO9+eUl6gjVo1DDwqu9mlLdn/kJPvSIfHUd9Gh1vXU/Ok7jV76BLdeDo4MHo4diNmINbsXburJ2Qja4D4v8u+QQrVaRP82ULWJeYwUmi1yLdE3sh8/c00ndfSa+83RMtkclFzfiaWtvqMXNu6R7evah+UTN+n4htNYHszyP7FsKfhLqPyW6DqAqA7AHu4a40IwGCsNFndhvJG92adRAyN/ukSbAj4GEfxPfbclqVA8l016TP3RZwe/R2bSR10s5MYoB0ogMDKBCwjOJOTw74ceRI4pWbwstzsLs8StZgr7aQeYuoXF1mZx+y/d6pFVCf1rhAVHZgquKeoC/1CDjTYk/4lzFtFhKz7DlHDJcDaLzok86sPvFj4wu4w+ubjb0c1UqPj0+4v2Ae3VVXY8Rj9n/Bbtpdp2N8zYIpJk5RmbRZ0w7HTnFbzVmTg7IUt+IZuJF9ynAV1pbn8BiZSSy+301PW6/7bY49fhOgNA2ek/U9WGbYwTFq9Dw7okv09p2hfEMRCXt5KnJHVfAtYYtu2FnL/VeSB0U+bJu2EcwlXDe4BWwZeb/T6Y584W38JkCBRbiFEg3RhZiCB0UmdhwKss3mASHJb78bCwP1YYPHTRm4YPcVwOTVD7eXxlws/L5gDBxLcceyrr9pgodeVDgzzdvAuXq8zzqcKlWO+od4so+vVi1t4/cU3ODBgTFPIEzMdU/WL9zMBhEKOBAY5SOsnmPVvWotdfA91rCLrGypec6BemV1HgNrVZgwBtbhYdszDCRLHN11b8/7dmzdf0xhczdMXYBg8xyB1KAhfyZIHC/QaBe1m5Ljw8Gay5PaP6QDAlVYH/oHW3+wZq7I5r4lLHoGSzM/HXu2HJajhDmbbhqdCg8LdlVsLN/4mR1QTbekNkfMcwu3nEh9leBZwnC60mvtMagi3g0MRulR9mkBF3ZuyV36uROCsU5rkHtGj2j5vh9I8oDrlibEGeq36hX+IjlN4wzgKVHdzzn1f0zRgdZdYMEu+zwWM7AueVSgQjUwh1f/3g4H8pI+ikd36vUxOCbKvZhidMttIohYdQutf5YoWiR2khVTezX4vgKXhs13kk0WOj6L8C9RZCgJOfeDfmWSc41dWeJhQwVRczBmbIX4cpEnwLozYa1wy+Tafu2vlND627Cj1ipHeEbm56b89yLfALlEiMictE=');
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('ca3701be-5095-4c55-ad54-b1365fb4904c', 'ca3701be-5095-4c55-ad54-b1365fb4904c', 1, 'emailpassword', 1793491200000, 'ann@example.com', NULL, NULL, NULL, '$2a$04$xm6q1fuqGSMM14lY/wi4gOkREGLuF/ThZSWcBTzMp4pz3htN.LezO');
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('07fc79ac-caf3-4509-ade5-0d602e542dc8', '07fc79ac-caf3-4509-ade5-0d602e542dc8', 0, 'emailpassword', 1793491200000, 'bob@example.com', NULL, NULL, NULL, '$2a$04$WTAKIQLEMuUJixF4FPNHMe5J2noUV41/MZ5qVTCMven6k54bkJQ7O');
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('e7aab017-645d-42f0-aacf-fdf074b4a637', 'ca3701be-5095-4c55-ad54-b1365fb4904c', 1, 'thirdparty', 1793491200000, 'ann@example.com', NULL, 'google', 'g1', NULL);
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('bcaadbdd-a303-45f8-9556-be03d5e8416a', 'bcaadbdd-a303-45f8-9556-be03d5e8416a', 0, 'passwordless', 1793491200000, NULL, '+14155550101', NULL, NULL, NULL);
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('t1', '07fc79ac-caf3-4509-ade5-0d602e542dc8', '07fc79ac-caf3-4509-ade5-0d602e542dc8', 1793491200000, 'emailpassword');
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('public', 'bcaadbdd-a303-45f8-9556-be03d5e8416a', 'bcaadbdd-a303-45f8-9556-be03d5e8416a', 1793491200000, 'passwordless');
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('public', 'ca3701be-5095-4c55-ad54-b1365fb4904c', 'ca3701be-5095-4c55-ad54-b1365fb4904c', 1793491200000, 'emailpassword');
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('public', 'e7aab017-645d-42f0-aacf-fdf074b4a637', 'ca3701be-5095-4c55-ad54-b1365fb4904c', 1793491200000, 'thirdparty');
INSERT INTO user_ids (user_id, external_id, info) VALUES ('07fc79ac-caf3-4509-ade5-0d602e542dc8', 'bob', NULL);
INSERT INTO active_users (user_id, last_active) VALUES ('07fc79ac-caf3-4509-ade5-0d602e542dc8', 1793491200000);
INSERT INTO active_users (user_id, last_active) VALUES ('bcaadbdd-a303-45f8-9556-be03d5e8416a', 1793491200000);
INSERT INTO active_users (user_id, last_active) VALUES ('ca3701be-5095-4c55-ad54-b1365fb4904c', 1793491200000);
INSERT INTO active_users (user_id, last_active) VALUES ('e7aab017-645d-42f0-aacf-fdf074b4a637', 1793491200000);
INSERT INTO reset_tokens (token_hash, user_id, email, expires_at) VALUES ('5263a04bcf1438c089e722cf7756451dcfee77356386f164fe934a0f38a7ec6d', '07fc79ac-caf3-4509-ade5-0d602e542dc8', 'bob@example.com', 1793494800000);
INSERT INTO verified_emails (user_id, email) VALUES ('ca3701be-5095-4c55-ad54-b1365fb4904c', 'ann@example.com');
INSERT INTO verified_emails (user_id, email) VALUES ('e7aab017-645d-42f0-aacf-fdf074b4a637', 'ann@example.com');
INSERT INTO verification_tokens (token_hash, tenant_id, user_id, email, expires_at) VALUES ('09b9135899c8389bafb1f78b784c4aeafddf7a662edb615d50b32eb1bd4c139d', 't1', 'bob', 'bob@example.com', 1793577600000);
INSERT INTO devices (tenant_id, device_hash, email, phone, salt, failed_attempts) VALUES ('public', 'ijZIPbBypPVCgJXUS6soe1-q3Coqx-Q22YS_xbZXpQE', NULL, '+14155550101', 'Kr3EuZL1qrtsMFInmlzXotZK/K0Aj8fRgQo404Zbous=', 0);
INSERT INTO codes (code_id, tenant_id, device_hash, link_code_hash, created_at) VALUES ('eec09f11-f4b9-4cbc-9704-9bb5d539e5ce', 'public', 'ijZIPbBypPVCgJXUS6soe1-q3Coqx-Q22YS_xbZXpQE', 'M6muVlLXBE2D3-cexkC3qrkEapRBVtLB0U2huYyw7-Q', 1793491200000);
INSERT INTO sessions (handle, tenant_id, user_id, refresh_hash2, data, payload, static_key, created_at, expires_at) VALUES ('e297a1c1-c3a2-4d0a-b026-6d552b76f2b0', 'public', 'ca3701be-5095-4c55-ad54-b1365fb4904c', '678e71e4d6cd377616e387c0c154480f76b85aa1aa4f94906a97f22d6fd4e911', '{"b":2}', '{"a":1}', 0, 1793491200000, 1802131200000);
INSERT INTO user_metadata (user_id, metadata) VALUES ('ca3701be-5095-4c55-ad54-b1365fb4904c', '{"passwordlessUserId":"bcaadbdd-a303-45f8-9556-be03d5e8416a"}');
INSERT INTO roles (role) VALUES ('admin');
INSERT INTO role_permissions (role, permission) VALUES ('admin', 'read');
INSERT INTO role_permissions (role, permission) VALUES ('admin', 'write');
INSERT INTO user_roles (tenant_id, user_id, role) VALUES ('public', 'ca3701be-5095-4c55-ad54-b1365fb4904c', 'admin');
INSERT INTO totp_devices (user_id, name, secret, period, skew, verified, created_at) VALUES ('ca3701be-5095-4c55-ad54-b1365fb4904c', 'app', 'v1:ba962644fdad6b24:Ee1UVlum4M8Vxsd+ujuzIwZH8mVyUCm0lPII84/pbcdK7H+0XGCfebbY8sR5bAjlhyuDlgppx0oo0GNF', 30, 1, 1, 1793491200000);
INSERT INTO totp_attempts (id, tenant_id, user_id, code, valid, created_at, expires_at) VALUES (1, 'public', 'ca3701be-5095-4c55-ad54-b1365fb4904c', '133534', 1, 1793491200000, 1793491290000);
INSERT INTO bulk_import (id, status, error, raw, created_at, updated_at) VALUES ('0a8f2d78-a0c4-4128-9bee-639dc7e04fde', 'FAILED', 'E031: A user with externalId bob already exists', 'v1:ba962644fdad6b24:w6iMNRQmB/0r0r9udbkmiiR7+wh7FGO303Gb35sKe+CzXdSYngyIP4l2d1D1FY8SfHh7i6vNhMgirt8Yhovq2QcDNiifgUWT25cuRNor9XyK11pCPA8KRelIUPY5pgHmfCnH2BsyFG/LNmZGWrB9lYDJA30LAFJsyRk8rIHlOQFp2HTUcaZ2hMpoOpmsp+Q5u1UE0+jzuPYI6csXV0nJJHsHW0LlTU+d9UfcV7kbNIaE5/1mHKsDWAN1iPH/zAUqMXDVcfD4xsLWJllWJKNGJZQYZiiNJPCx698RGDguy9tHltaY0qTLl2pyDYzjAqHLcWfS/jHZ9OtCuoIeEjf46uDTiY2fBQF8IFInV/Gkg1dPnqgOKdBDtf84zrLT6q6eiR9ChMGdvOW/t+PFdEPcY1WmvXIFe67txACkaaSmqlSJ2ZJJwdWR6ussuhJNtGrXS9qB8lZiLO8y39eymWsogEs=', 1793491200000, 1793491200000);
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
