import { CORE_CONFIG_INVALID } from './errors.js'
import { resolveNewer, type NewerSettings } from './newer-settings.js'

/** The forms of a setting. The real Core reads settings from YAML, from the environment and from JSON. */
export type ConfigValue = string | number | boolean | null

/** Settings under the real Core's names. Settings without meaning for an embedded Core are accepted and ignored. */
export interface CoreConfig {
  /** Seconds. @default 3600 */
  access_token_validity?: ConfigValue
  /** Minutes. @default 144000 */
  refresh_token_validity?: ConfigValue
  /** Milliseconds. @default 3600000 */
  password_reset_token_lifetime?: ConfigValue
  /** Milliseconds. @default 86400000 */
  email_verification_token_lifetime?: ConfigValue
  /** Wrong codes before the user has to restart the flow. @default 5 */
  passwordless_max_code_input_attempts?: ConfigValue
  /** Milliseconds. @default 900000 */
  passwordless_code_lifetime?: ConfigValue
  /** Wrong codes in a row before the cool-down. @default 5 */
  totp_max_attempts?: ConfigValue
  /** Seconds. @default 900 */
  totp_rate_limit_cooldown_sec?: ConfigValue
  /** Hours between two signing keys. @default 168 */
  access_token_dynamic_signing_key_update_interval?: ConfigValue
  /** Separated by commas. @default none */
  api_keys?: ConfigValue
  /** `BCRYPT` or `ARGON2`. @default 'BCRYPT' */
  password_hashing_alg?: ConfigValue
  /** @default 11 */
  bcrypt_log_rounds?: ConfigValue
  /** @default 1 */
  argon2_iterations?: ConfigValue
  /** @default 87795 */
  argon2_memory_kb?: ConfigValue
  /** @default 2 */
  argon2_parallelism?: ConfigValue
  /** Needed to sign in with imported Firebase hashes. @default none */
  firebase_password_hashing_signer_key?: ConfigValue
  /** By which part of its life an access token is shortened at random, at most: 0 to 0.25. @default 0 */
  access_token_validity_jitter?: ConfigValue
  /** The oldest and the newest protocol version that clients may speak. @default all that are spoken here */
  supertokens_min_cdi_version?: ConfigValue
  supertokens_max_cdi_version?: ConfigValue
  [name: string]: ConfigValue | undefined
}

/** The settings in the form that the code uses: typed, complete, with times in milliseconds. */
export interface Settings extends NewerSettings {
  accessTokenValidity: number
  refreshTokenValidity: number
  resetTokenLifetime: number
  verificationTokenLifetime: number
  codeAttempts: number
  codeLifetime: number
  totpAttempts: number
  totpCooldown: number
  keyInterval: number
  apiKeys: string[]
  hashing: 'BCRYPT' | 'ARGON2'
  bcryptRounds: number
  argon2: { timeCost: number, memoryCost: number, parallelism: number }
  /** Empty if not set. */
  firebaseKey: string
}

type Kind = 'long' | 'int' | 'double' | 'boolean' | 'String'

const KINDS: Record<string, Kind> = {
  access_token_validity: 'long',
  refresh_token_validity: 'double',
  password_reset_token_lifetime: 'long',
  email_verification_token_lifetime: 'long',
  passwordless_max_code_input_attempts: 'int',
  passwordless_code_lifetime: 'long',
  totp_max_attempts: 'int',
  totp_rate_limit_cooldown_sec: 'int',
  access_token_dynamic_signing_key_update_interval: 'double',
  api_keys: 'String',
  password_hashing_alg: 'String',
  bcrypt_log_rounds: 'int',
  argon2_iterations: 'int',
  argon2_memory_kb: 'int',
  argon2_parallelism: 'int',
  firebase_password_hashing_signer_key: 'String',
  refresh_token_rotation_grace_period: 'int',
  access_token_validity_jitter: 'double',
  recent_token_reuse_behaviour: 'String',
  supertokens_min_cdi_version: 'String',
  supertokens_max_cdi_version: 'String',
  migration_mode: 'String',
  // Without meaning here. Accepted so that a config of the real Core can be used unchanged.
  core_config_version: 'int',
  access_token_blacklisting: 'boolean',
  access_token_signing_key_dynamic: 'boolean',
  info_log_path: 'String',
  error_log_path: 'String',
  log_level: 'String',
  port: 'int',
  host: 'String',
  webserver_https_enabled: 'boolean',
  max_server_pool_size: 'int',
  disable_telemetry: 'boolean',
  base_path: 'String',
  argon2_hashing_pool_size: 'int',
  firebase_password_hashing_pool_size: 'int',
  ip_allow_regex: 'String',
  ip_deny_regex: 'String',
  supertokens_saas_secret: 'String',
  supertokens_saas_load_only_cud: 'String',
  bulk_migration_parallelism: 'int',
  bulk_migration_batch_size: 'int',
  bulk_migration_sleep_between_rounds_in_batch_ms: 'int',
  webauthn_recover_account_token_lifetime: 'long',
  saml_legacy_acs_url: 'String',
  saml_sp_entity_id: 'String',
  saml_claims_validity: 'long',
  saml_relay_state_validity: 'long',
  oauth_provider_public_service_url: 'String',
  oauth_provider_admin_service_url: 'String',
  oauth_provider_consent_login_base_url: 'String',
  oauth_provider_url_configured_in_oauth_provider: 'String',
  oauth_client_secret_encryption_key: 'String',
  otel_collector_connection_uri: 'String',
  deadlock_logger_enable: 'boolean'
}

function convert (name: string, kind: Kind, value: ConfigValue): string | number | boolean {
  const wrongType = () => new CORE_CONFIG_INVALID(`'${name}' must be of type ${kind}`)
  if (typeof value === 'object') throw wrongType()
  if (kind === 'String') return String(value)
  if (kind === 'boolean') {
    const text = String(value).toLowerCase()
    if (text !== 'true' && text !== 'false') throw wrongType()
    return text === 'true'
  }
  const number = typeof value === 'boolean' || value === '' ? NaN : Number(value)
  if (!Number.isFinite(number) || (kind !== 'double' && !Number.isInteger(number))) throw wrongType()
  return number
}

/** @throws CORE_CONFIG_INVALID for a name that the real Core does not know */
export function checkNames (config: CoreConfig): void {
  for (const name of Object.keys(config)) if (!Object.hasOwn(KINDS, name)) throw new CORE_CONFIG_INVALID(`Invalid config key: ${name}`)
}

/** Merges layers of settings into typed values. Later layers win; null counts as not given. */
export function mergeLayers (...layers: CoreConfig[]): Record<string, string | number | boolean> {
  const merged: Record<string, string | number | boolean> = {}
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      const kind = KINDS[name]
      if (kind !== undefined && value !== null && value !== undefined) merged[name] = convert(name, kind, value)
    }
  }
  return merged
}

/**
 * Merges layers of settings into one complete set.
 *
 * @throws CORE_CONFIG_INVALID for a value that the real Core would refuse
 */
export function resolveSettings (...layers: CoreConfig[]): Settings {
  const given = mergeLayers(...layers)
  const number = (name: string, fallback: number) => (given[name] ?? fallback) as number
  const positive = (name: string, fallback: number, text = '> 0') => {
    const value = number(name, fallback)
    if (value <= 0) throw new CORE_CONFIG_INVALID(`'${name}' must be ${text}`)
    return value
  }

  const access = number('access_token_validity', 3600)
  if (access < 1 || access > 86400000) throw new CORE_CONFIG_INVALID('\'access_token_validity\' must be between 1 and 86400000 seconds inclusive.')
  const refresh = number('refresh_token_validity', 144000)
  if (refresh * 60 <= access) throw new CORE_CONFIG_INVALID('\'refresh_token_validity\' must be strictly greater than \'access_token_validity\'.')
  const hashing = String(given.password_hashing_alg ?? 'BCRYPT').toUpperCase()
  if (hashing !== 'BCRYPT' && hashing !== 'ARGON2') throw new CORE_CONFIG_INVALID('\'password_hashing_alg\' must be one of \'ARGON2\' or \'BCRYPT\'')

  return {
    ...resolveNewer(given),
    accessTokenValidity: access * 1000,
    refreshTokenValidity: refresh * 60_000,
    resetTokenLifetime: positive('password_reset_token_lifetime', 3_600_000, '>= 0'),
    verificationTokenLifetime: positive('email_verification_token_lifetime', 86_400_000, '>= 0'),
    codeAttempts: positive('passwordless_max_code_input_attempts', 5),
    codeLifetime: positive('passwordless_code_lifetime', 900_000),
    totpAttempts: positive('totp_max_attempts', 5),
    totpCooldown: positive('totp_rate_limit_cooldown_sec', 900) * 1000,
    keyInterval: positive('access_token_dynamic_signing_key_update_interval', 168) * 3_600_000,
    apiKeys: parseApiKeys(given.api_keys as string | undefined),
    hashing,
    // bcrypt is undefined below 4 rounds. The real Core's library refuses such a setting only at the first sign-up.
    bcryptRounds: Math.min(Math.max(positive('bcrypt_log_rounds', 11, '>= 1'), 4), 31),
    argon2: {
      timeCost: positive('argon2_iterations', 1, '>= 1'),
      memoryCost: positive('argon2_memory_kb', 87795, '>= 1'),
      parallelism: positive('argon2_parallelism', 2, '>= 1')
    },
    firebaseKey: String(given.firebase_password_hashing_signer_key ?? '')
  }
}

function parseApiKeys (list: string | undefined): string[] {
  if (list === undefined) return []
  const keys = list.split(',').map((key) => key.trim())
  for (const key of keys) {
    if (key.length < 20) throw new CORE_CONFIG_INVALID('One of the API keys is too short. Please use at least 20 characters')
    if (!/^[=\-0-9a-zA-Z]+$/.test(key)) throw new CORE_CONFIG_INVALID('Invalid characters in API key. Please only use \'=\', \'-\' and alpha-numeric (including capitals)')
  }
  return keys
}
