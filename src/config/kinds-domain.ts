import { type CountryCode, getCountries, isSupportedCountry } from 'libphonenumber-js/max'
import { resolveSettings } from '../embedded-core/config.js'
import type { SecondFactorRequirement } from '../second-factor/requirement.js'
import { readKeys } from '../signing-keys/keys.js'
import type { PrivateJwkSet } from '../signing-keys/options.js'
import { json, type Kind, matching, oneOf, type Parsed, text, wrong } from './kinds.js'
import { didYouMean } from './near.js'

export function country (): Kind<CountryCode> {
  return {
    shape: 'a two-letter country code (ISO 3166) such as `US`',
    parse: (text) => isSupportedCountry(text) ? { value: text } : wrong(didYouMean(text, text.length === 2 ? getCountries().filter((code) => code === text.toUpperCase()) : []).trim())
  }
}

/** Where a Unix socket is; false for none. */
export function socket (): Kind<string | false> {
  const path = text('the path of a Unix socket, or `off`')
  return { shape: path.shape, parse: (given) => given.toLowerCase() === 'off' ? { value: false } : path.parse(given) }
}

/** Twilio's `From`: a phone number, a short code or an alphanumeric sender of up to eleven characters. */
export const smsSender = (): Kind<string> => matching(/^(?:\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/, 'a phone number such as `+14155550100`, a short code, or a sender name of up to 11 characters')

export const mailAddress = (): Kind<string> => matching(/^(?:[^<>\p{Cc}]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u, 'an e-mail address such as `login@example.com` or `Name <login@example.com>`')

/** Configuration names of the real Core (its config.yaml). A mistyped name would otherwise have no effect. */
const CORE_SETTINGS = new Set(`
  hashing access_token_validity refresh_token_validity password_reset_token_lifetime email_verification_token_lifetime
  passwordless_max_code_input_attempts passwordless_code_lifetime totp_max_attempts totp_rate_limit_cooldown_sec
  access_token_dynamic_signing_key_update_interval api_keys password_hashing_alg bcrypt_log_rounds argon2_iterations argon2_memory_kb
  argon2_parallelism firebase_password_hashing_signer_key core_config_version access_token_blacklisting access_token_signing_key_dynamic
  info_log_path error_log_path log_level port host max_server_pool_size disable_telemetry base_path argon2_hashing_pool_size
  firebase_password_hashing_pool_size ip_allow_regex ip_deny_regex supertokens_max_cdi_version supertokens_saas_secret
  supertokens_saas_load_only_cud bulk_migration_parallelism bulk_migration_batch_size webauthn_recover_account_token_lifetime
  saml_legacy_acs_url saml_sp_entity_id saml_claims_validity saml_relay_state_validity oauth_provider_public_service_url
  oauth_provider_admin_service_url oauth_provider_consent_login_base_url oauth_provider_url_configured_in_oauth_provider
  oauth_client_secret_encryption_key otel_collector_connection_uri deadlock_logger_enable
`.trim().split(/\s+/))

export type CoreConfig = Record<string, string | number | boolean>

function checkCoreConfig (content: unknown): Parsed<CoreConfig> {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return wrong('It is not a JSON object.')
  const value: CoreConfig = {}
  const details: string[] = []
  for (const [name, setting] of Object.entries(content)) {
    if (!CORE_SETTINGS.has(name)) details.push(`The Core has no setting "${name}".${didYouMean(name, CORE_SETTINGS)}`)
    else if (typeof setting === 'string' || typeof setting === 'number' || typeof setting === 'boolean') value[name] = setting
    else details.push(`"${name}" must be a string, a number, true or false.`)
  }
  return details.length > 0 ? wrong(...details) : outOfRange(value) ?? { value }
}

/** The embedded Core checks the ranges of its own settings. Its message names the setting, never the value. */
function outOfRange (value: CoreConfig): Parsed<never> | undefined {
  try {
    resolveSettings(value)
    return undefined
  } catch (error) {
    return wrong((error as Error).message)
  }
}

/** An API key that a Core accepts as its own; the same rule for the embedded and the real Core. */
export const coreKey = (): Kind<string> => matching(/^[=\-0-9a-zA-Z]{20,}$/, 'a key of 20 or more letters, digits, `-` and `=`')

/** Any long text. Commas separate keys; spaces are excluded because shells and env files drop them. */
export const coreSecretKeys = (): Kind<string> =>
  matching(/^[\x21-\x2b\x2d-\x7e]{32,}(?:,[\x21-\x2b\x2d-\x7e]{32,})*$/, 'a key of 32 or more visible ASCII characters; separate several with `,`')

export const factorKey = (): Kind<string> => matching(/^[\x21-\x2b\x2d-\x7e]{32,}$/, '32 bytes in base64 or hex, or a text of 32 or more visible ASCII characters')

/** Private keys. The hints name what is wrong, never a part of a key. */
export const signingKeys = (): Kind<PrivateJwkSet> => json('a JWK set of private keys on P-256 or Ed25519, as `npx fastify-2fa keys new` prints it', (content) => {
  const read = readKeys(content)
  return 'problems' in read ? wrong(`It ${read.problems.join(', ')}.`) : { value: content as PrivateJwkSet }
})

export function coreConfig (): Kind<CoreConfig> {
  return json('a JSON object with configuration names of the real Core, such as `{"access_token_validity":3600}`', checkCoreConfig)
}

/** `everyone`, `unless-exempt`, `enrolled`, or `roles:` and a list. */
export function requirement (): Kind<SecondFactorRequirement> {
  const words = oneOf('everyone', 'unless-exempt', 'enrolled')
  return {
    shape: `${words.shape}, or \`roles:\` and names, such as \`roles:admin,editor\``,
    parse (text) {
      if (!text.startsWith('roles:')) return words.parse(text)
      const roles = text.slice('roles:'.length).split(',').map((role) => role.trim()).filter((role) => role !== '')
      return roles.length > 0 ? { value: { roles } } : wrong('it names no role')
    }
  }
}
