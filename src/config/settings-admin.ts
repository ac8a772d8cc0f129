import { adminCertificates, adminKeys, adminRoles } from './kinds-admin.js'
import { flag, integer, text } from './kinds.js'
import { host } from './kinds-web.js'
import type { Setting } from './setting.js'

/** Settings for administration over HTTP. */
export const adminSettings = {
  ADMIN_KEYS: {
    group: 'Administration',
    kind: adminKeys(),
    secret: true,
    defaultInWords: 'none, and there is no admin API',
    example: 'dashboard:reader:…,ops:admin:sha256:…',
    description: 'Keys of the admin API, each with a role: `reader`, `helpdesk` or `admin`. `openssl rand -hex 32` makes one. In place of a key, its SHA-256 can stand here. A name that is there twice has both keys, so that they can be replaced without a gap.',
    mistakenFor: ['ADMIN_KEY', 'ADMIN_TOKEN', 'ADMIN_API_KEY', 'ADMIN_API_KEYS']
  },
  ADMIN_CERTIFICATES: {
    group: 'Administration',
    kind: adminCertificates(),
    defaultInWords: 'none',
    example: 'ops-laptop:admin:AB12…',
    description: 'Client certificates of the admin API, each with a role and its SHA-256 fingerprint. They need `ADMIN_CLIENT_CA_FILE`.'
  },
  ADMIN_PORT: { group: 'Administration', kind: integer(0, 65535), defaultInWords: 'none: the API is on `PORT`', example: '3002', description: 'Port of the admin API. `PORT` does not have it then.' },
  ADMIN_HOST: { group: 'Administration', kind: host(), default: '127.0.0.1', description: 'Address to listen on at `ADMIN_PORT`.' },
  ADMIN_TLS_CERT_FILE: { group: 'Administration', kind: text('a file path'), example: '/run/secrets/admin.crt', description: 'Certificate in PEM, with its chain, for TLS at `ADMIN_PORT`. Read again on SIGHUP. Needs `ADMIN_TLS_KEY_FILE`.', mistakenFor: ['ADMIN_TLS_CERT', 'ADMIN_CERT_FILE'] },
  ADMIN_TLS_KEY_FILE: { group: 'Administration', kind: text('a file path'), example: '/run/secrets/admin.key', description: 'Private key of that certificate in PEM, without a passphrase.', mistakenFor: ['ADMIN_TLS_KEY', 'ADMIN_KEY_FILE'] },
  ADMIN_CLIENT_CA_FILE: { group: 'Administration', kind: text('a file path'), example: '/run/secrets/admin-ca.crt', description: 'Certificate in PEM of the authority that signs client certificates, or of several. Read again on SIGHUP.', mistakenFor: ['ADMIN_CLIENT_CA'] },
  ADMIN_PAGE: { group: 'Administration', kind: flag(), default: 'false', description: 'Whether the hosted pages have one for administration, `/admin` below `WEBSITE_BASE_PATH`. It needs `HOSTED_PAGES`.' },
  ADMIN_PAGE_ROLES: {
    group: 'Administration',
    kind: adminRoles(),
    default: 'admin:admin',
    description: 'Which roles of people open that page, and as what: `admin`, `helpdesk` or `reader`.'
  }
} satisfies Record<string, Setting>
