import { CORE_CONFIG_INVALID } from './errors.js'
import { VERSIONS } from './versions.js'

/** Settings of the real Core 12 that have a meaning here, and those about protocol versions. */
export interface NewerSettings {
  /** By which part of its life an access token is shortened at most. */
  accessTokenJitter: number
  oldestVersion: string | undefined
  newestVersion: string
}

type Given = Record<string, string | number | boolean>

/**
 * Settings that came with the real Core 12. Two of them, `refresh_token_rotation_grace_period` and
 * `recent_token_reuse_behaviour`, only concern protocol versions from 5.6 on. They are checked and change nothing, as in
 * a real Core that is asked in an older version.
 *
 * @throws CORE_CONFIG_INVALID for what the real Core would refuse, and for what would silently mean nothing
 */
export function resolveNewer (given: Given): NewerSettings {
  const refuse = (text: string): never => { throw new CORE_CONFIG_INVALID(text) }
  const grace = given.refresh_token_rotation_grace_period as number | undefined ?? 30
  if (grace < 0 || grace > 300) refuse('\'refresh_token_rotation_grace_period\' must be between 0 and 300 seconds inclusive.')
  const reuse = String(given.recent_token_reuse_behaviour ?? 'TOKEN_THEFT').trim().toUpperCase()
  if (reuse !== 'TOKEN_THEFT' && reuse !== 'UNAUTHORISED') refuse('\'recent_token_reuse_behaviour\' must be one of \'TOKEN_THEFT\' or \'UNAUTHORISED\'')
  // The real Core's default is 0.05. A token that lives as long as it is told is easier to test with.
  const accessTokenJitter = given.access_token_validity_jitter as number | undefined ?? 0
  if (accessTokenJitter < 0 || accessTokenJitter > 0.25) refuse('\'access_token_validity_jitter\' must be between 0 and 0.25 inclusive.')
  const mode = String(given.migration_mode ?? 'MIGRATED').trim().toUpperCase()
  if (mode !== 'MIGRATED') refuse('\'migration_mode\' moves users between two sets of PostgreSQL tables, which are not here. Leave it out, or give \'MIGRATED\'')

  const version = (name: string) => {
    const wanted = given[name] === undefined ? undefined : String(given[name])
    if (wanted !== undefined && !VERSIONS.includes(wanted)) refuse(`'${name}' must be one of the protocol versions spoken here: ${VERSIONS.join(', ')}`)
    return wanted
  }
  const [oldestVersion, newestVersion = VERSIONS.at(-1) as string] = [version('supertokens_min_cdi_version'), version('supertokens_max_cdi_version')]
  if (oldestVersion !== undefined && VERSIONS.indexOf(oldestVersion) > VERSIONS.indexOf(newestVersion)) {
    refuse('supertokens_min_cdi_version cannot be greater than supertokens_max_cdi_version')
  }
  return { accessTokenJitter, oldestVersion, newestVersion }
}
