import { checkNames, mergeLayers, resolveSettings, type CoreConfig } from '../config.js'
import { CORE_CONFIG_INVALID } from '../errors.js'

/** Settings of the whole process. An app or tenant cannot have its own. */
const PROCESS_WIDE = new Set(['core_config_version', 'info_log_path', 'error_log_path', 'log_level', 'port', 'host', 'webserver_https_enabled',
  'max_server_pool_size', 'base_path', 'bcrypt_log_rounds', 'argon2_iterations', 'argon2_memory_kb', 'argon2_parallelism',
  'argon2_hashing_pool_size', 'firebase_password_hashing_pool_size', 'supertokens_saas_secret',
  'supertokens_saas_load_only_cud', 'oauth_client_secret_encryption_key', 'otel_collector_connection_uri', 'deadlock_logger_enable',
  'recent_token_reuse_behaviour'])

/** Settings that all tenants of an app share, with their defaults if there are any. */
const APP_WIDE: Record<string, string | number | boolean | undefined> = {
  access_token_validity: 3600,
  access_token_blacklisting: false,
  refresh_token_validity: 144000,
  access_token_signing_key_dynamic: true,
  access_token_dynamic_signing_key_update_interval: 168,
  api_keys: undefined,
  disable_telemetry: false,
  password_hashing_alg: 'BCRYPT',
  firebase_password_hashing_signer_key: undefined,
  oauth_provider_public_service_url: undefined,
  oauth_provider_admin_service_url: undefined,
  oauth_provider_consent_login_base_url: undefined,
  oauth_provider_url_configured_in_oauth_provider: undefined,
  supertokens_min_cdi_version: undefined,
  supertokens_max_cdi_version: undefined,
  refresh_token_rotation_grace_period: 30,
  access_token_validity_jitter: 0,
  saml_legacy_acs_url: undefined,
  bulk_migration_parallelism: undefined,
  bulk_migration_batch_size: 8000,
  bulk_migration_sleep_between_rounds_in_batch_ms: 1000,
  webauthn_recover_account_token_lifetime: 3600000
}

/**
 * Checks the settings of one app: `shared` by its tenants, and each tenant's `own`.
 *
 * @throws CORE_CONFIG_INVALID for what the real Core would refuse
 */
export function checkTenantConfigs (shared: CoreConfig[], own: CoreConfig[]): void {
  own.forEach(checkNames)
  for (const config of own) resolveSettings(...shared, config)
  const common = mergeLayers(...shared)
  for (const config of own) {
    const merged = mergeLayers(...shared, config)
    for (const [name, fallback] of Object.entries(APP_WIDE)) {
      if ((merged[name] ?? fallback) !== (common[name] ?? fallback)) throw new CORE_CONFIG_INVALID(`You cannot set different values for ${name} for the same appId`)
    }
  }
  for (const name of own.flatMap(Object.keys)) {
    if (PROCESS_WIDE.has(name)) throw new CORE_CONFIG_INVALID(`${name} can only be set via the core's base config setting`)
  }
}
