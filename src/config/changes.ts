import { isDeepStrictEqual } from 'node:util'
import { differOnlyInSecrets } from '../first-factor/third-party/clients.js'
import { isSameRedis } from '../limits/redis-credentials.js'
import { type Name, names, setting, type Values } from './settings.js'

type Same = (before: Values, after: Values) => boolean

const areSet = (name: Name): Same => (before, after) => before[name] !== undefined && after[name] !== undefined

const hasAdminApi = ({ ADMIN_KEYS: keys, ADMIN_CERTIFICATES: certificates }: Values): boolean => keys !== undefined || certificates !== undefined

/** Who calls the admin API. Its routes are declared at the start, if anybody may. */
const areOperators: Same = (before, after) => hasAdminApi(before) && hasAdminApi(after)

/** Whoever takes the prices away takes the limit of a day with them. */
const havePrices: Same = (_before, after) => after.SMS_PRICES !== undefined

/** Settings that a running service can change, and under which condition. All of a sender change with it. */
const IN_PLACE: Partial<Record<Name, Same>> = {
  LOG_LEVEL: () => true,
  TLS_CERT_FILE: areSet('TLS_CERT_FILE'),
  TLS_KEY_FILE: areSet('TLS_KEY_FILE'),
  ADMIN_KEYS: areOperators,
  ADMIN_CERTIFICATES: areOperators,
  ADMIN_TLS_CERT_FILE: areSet('ADMIN_TLS_CERT_FILE'),
  ADMIN_TLS_KEY_FILE: areSet('ADMIN_TLS_KEY_FILE'),
  ADMIN_CLIENT_CA_FILE: areSet('ADMIN_TLS_CERT_FILE'),
  METRICS_KEY: areSet('METRICS_KEY'),
  FACTOR_KEY: areSet('FACTOR_KEY'),
  LEAKED_PASSWORDS_URL: areSet('LEAKED_PASSWORDS_URL'),
  AUDIT_WEBHOOK_SECRET: areSet('AUDIT_WEBHOOK_SECRET'),
  BACKUP_KEY: areSet('BACKUP_KEY'),
  SIGNING_KEYS: areSet('SIGNING_KEYS'),
  SERVICE_CLIENTS: areSet('SERVICE_CLIENTS'),
  FORWARD_AUTH_PROXY_SECRET: areSet('FORWARD_AUTH_PROXY_SECRET'),
  EVENT_RECEIVER_TOKEN: areSet('EVENT_RECEIVER_TOKEN'),
  // The key of another Core is none of this one.
  SUPERTOKENS_API_KEY: (before, after) => areSet('SUPERTOKENS_API_KEY')(before, after) && before.SUPERTOKENS_CONNECTION_URI === after.SUPERTOKENS_CONNECTION_URI,
  REDIS_URL: ({ REDIS_URL: before }, { REDIS_URL: after }) => before !== undefined && after !== undefined && isSameRedis(before, after),
  SMS_COUNTRIES: () => true,
  SMS_PRICES: havePrices,
  SMS_SPEND_LIMIT: havePrices,
  SMS_CURRENCY: havePrices,
  THIRD_PARTY_PROVIDERS: ({ THIRD_PARTY_PROVIDERS: before }, { THIRD_PARTY_PROVIDERS: after }) => before !== undefined && after !== undefined && differOnlyInSecrets(before, after)
}

/** They also decide whether there is an outbox, and routes for receipts. */
const AT_START: readonly Name[] = ['PRINT_CODES_IN_PRODUCTION', 'SMS_RECEIPTS']

function canChange (name: Name, before: Values, after: Values): boolean {
  const { group } = setting(name)
  return IN_PLACE[name]?.(before, after) ?? ((group === 'SMS' || group === 'Mail') && !AT_START.includes(name))
}

export interface Changes {
  inPlace: Name[]
  needRestart: Name[]
}

/** Which settings differ, and which of them a running service can change. */
export function changesBetween (before: Values, after: Values): Changes {
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], after[name]))
  return {
    inPlace: changed.filter((name) => canChange(name, before, after)),
    needRestart: changed.filter((name) => !canChange(name, before, after))
  }
}
