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
INSERT INTO keys (kid, kind, created_at, secret) VALUES ('1745fb5e-64ce-4953-bd3e-23afd70655f7', 'refresh', 1793491200000, 'v1:ba962644fdad6b24:/B0BwyNvDQPlosaMRH2EULRLJ8/eZ38n0LB2e2FntqrzfrXPKC+WmXhTueQcaBtwpr5nd5smsW7tkeXDWzkkthNksENdihsJ');
INSERT INTO keys (kid, kind, created_at, secret) VALUES ('ba962644fdad6b24', 'vault', 1, 'v1:ba962644fdad6b24:7PLepWzLssAYw2P+reBGquJOF+ZbrJkPz9kZqA==');
INSERT INTO keys (kid, kind, created_at, secret) VALUES ('d-1793491200000', 'dynamic', 1793491200000, 'v1:ba962644fdad6b24:d9GNfvjaY5h9uANu4B0zRdWK7zyztVN92t7HO9frVGqICNnZln1+u3QkYLMaTuDrD3pWxbCPAmjtXRwDvF8iLu2Hk9TkYX4ktng0idPo7cr/6nGUB4U/wZukRKln81GwQK0b116tLchETVLMgMHxN7P/nEjeNd5FlKHYzT6+XbUmRfOJ8VhChv6cu2cCe5w27G4Ri04bm4eZabDdjPC1Owe/qDnK8K5AYURtNUlRhpvUqFfDHoQA1cmvxtswSqu9fkg14bCk8v6xZk3Jzss7zPV0b7J1fl4mQpjlOTdvlmylGwWcS85RHtJ9IBYWbnSn+k/O9Qm48WsBEVA99Rel0RBfTQ3vUcJ6oI3FzE5KN3KJN//Uwen0HrUATp5NITg+DnCQjchTKIEBoHAO//HzEoWHBlhS5hFlE79FWRVJDXjCi2RphFccHErrBsEF5DR1lcnORTUvpfhvVLgMaIJI+ZDRKLAO5vDA6FeE38xNGwwQZVV48XweT4CRum4EzQ92ugmMtMiPDqDFiV6dke08/X8H9i8YkwNWKkNKquN9H52uMZKArmv3Duf0+I0I7ItFNhudk7Xk4rp6nEYhWYQTav4AARpgzJA5JNoIyta+rx7AcmB4CjWN1JUKLdK0mUeonrauvqh/zK5H+bXZKRR4yKZxMGBdCmkeqnwcADnAyVDphuvg8H7foTGw2j19Xmb+oMeJpLZOw7YngzUH73ZvEtg+bJj+ys/v1ud+v1XKKwhVRRKCVy+7tR2Pjh8+8Xs0tIKvGWCRuKLOvn9L5Q2BPGMjYUYOJf5BrsU+enkhDj1YMG39VLwo2Uwcno2w/tiJItwS56vHTKSLxrz02VeLJqjUYSVI5a8aiJPCqiijqNNa7/JUIj2QeJywFaWrxggKTTzXWCegj4E0+KFpCHcKcg6pjhf0ME2n6kbsFZLy4jPqai4BVUIfdfSlSdzDzhMgKf1G2AZLGre5jftSbQmHxoNy9qWoHSS/Q6qkLGog5lq2EOkRxS4RijbzgOAEPncAtGewVyf9EP2Mg+/+LQyvqMrOZvLOPYUCsOFisggUgMbawl41EgiCvyfF/9JrttOaCEPxsNf/j5/C6Az3TNMh7JP0xByaCOW3VoMHS4c0MPJA5p17bOWwHVcUs0XjTsXg53XpT5f3d1f9u9YZciy3J6DM2aaw4K86BIqTSCZ+gl+upNqdTLs5LsofRO24JQAGLQsp+hyqYMSNU+n4UuO/rjIFzGR5C/seYj4HFSIvsdiLZO6lFNR3/xFpPD/Mqn33xyoLZRf0rn6cCG/lLP82jH+oKrfECX/DS1QjvcYrSIivTn+lOk5s1GORL8ili80clm1jBCYQJUJER7YLJUUrmACyecy7ji4/aB0Yep0hsPWvvjrYSZK8J7MvBirnMXbRzrDQBOlQGqXUn/8TEemHMhJ8Qj/1VE+0g4SHVuQn9js0zyXxn7GAFNFPsy0jFRferbscXH2xqxGF4XoyzDt+Wpb6PrRZ9PKc+B153sAq0Y7r2TeBlJT7HXrN28ohSkC6wbG6VmEXf/yuXDEdhQbZcAlwMkduH8XHbnviha1PZ3E5SoZEYFn6tMVICGJmbMZdkqULr5KrkYf0JwntYtIn1mpwdMp2pP/WsEb/5/04FXlwctnJqR1PslanSotvhroZmU+XCfRIo3dc+eA5GUOGbbi/AvUkVLJ2EzziMAFptFsMGN+xP2R+yOvQmjmlq0oSEKZxcWId0oIDTGsZRCdbGSChhtR/yCAa80DMl0osKI185aXXQSnDYR4Iz77ANri67XgRxugnjzc/tZqNnD50D7h25Dx/wdCdj+S+Zbl/VV+osjVQo4I9AcnPyJIhnpvDEVaw2NCHTCAIKtKIi5OJib3Tgj1gny8UO6Do1xQMbFKGdbpMxhshwg49Ct0WK/s3vtXL+luLlXhEuCzSWnEuxnjKwuoE2Um9hxOVDIBKqEtw+yfuBz19QQZmwbP+VVVmMV13CjKDcE+nBAlxFR0zG7+It8+bMONLocJFFpReUImyBoPQCKxVy6z6P8TokDfkRega6/evdqAf18xHseh3pc3H9gYiirIv3059ZVRtolravEdfZEsVnSrn/ERRigK72r6K7gMlXdp5n/TazJgQLE3CEToIiKYCBY5N+bNXOHp+L1DQn3B3/tKtOlHtqC5R7AYvfzDWo2cemmSsyQ6yZ4SoSyjXSMMfhuhUU0tBcAYuWKbNA6ngE+kPie8o3Eu2b5NE1QtrXiR6jM+447oSEaTdUBf9GbUQ/78EnVu0WxpF4tcrLYsJb4UeE/j5I0A5/NbQmw==');
INSERT INTO users (user_id, primary_id, is_primary, recipe, time_joined, email, phone, provider, provider_user_id, password_hash) VALUES ('1e798378-4953-4fa1-a080-d4a9be2e6339', '1e798378-4953-4fa1-a080-d4a9be2e6339', 0, 'emailpassword', 1793491200000, 'cat@example.com', NULL, NULL, NULL, '$2a$04$0Pvxx5ggsIvOKtri66RvTuOdQN2ot.XmQMxYEEB3MM4BxgFPGCSg.');
INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES ('public', '1e798378-4953-4fa1-a080-d4a9be2e6339', '1e798378-4953-4fa1-a080-d4a9be2e6339', 1793491200000, 'emailpassword');
INSERT INTO active_users (user_id, last_active) VALUES ('1e798378-4953-4fa1-a080-d4a9be2e6339', 1793491200000);
INSERT INTO active_users (user_id, last_active) VALUES ('cat', 1793491200000);
INSERT INTO sessions (handle, tenant_id, user_id, refresh_hash2, data, payload, static_key, created_at, expires_at) VALUES ('893596f8-a850-4869-8939-1decacb5cfce', 'public', 'cat', '003de4f29db7443ad055e1c481f13836c6e04b5b2f9870a9ffa69f272a37f6c5', '{"b":2}', '{"a":1}', 0, 1793491200000, 1802131200000);
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
