import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { certificatesIn } from '../admin-api/authorities.js'
import { configInvalid, type Problem } from '../config/problems.js'

/** Where the certificate and its key are. */
export interface TlsFiles {
  certFile: string
  keyFile: string
  /** The authority of client certificates. */
  caFile?: string | undefined
}

/** Which settings name them. */
const SERVICE = { cert: 'TLS_CERT_FILE', key: 'TLS_KEY_FILE', ca: '' }
const ADMIN = { cert: 'ADMIN_TLS_CERT_FILE', key: 'ADMIN_TLS_KEY_FILE', ca: 'ADMIN_CLIENT_CA_FILE' }

/** What Node's servers take, for the first time and for a change. */
export interface TlsContext {
  cert: Buffer
  key: Buffer
  ca?: Buffer
  /** Older versions are broken (RFC 8996). */
  minVersion: 'TLSv1.2'
}

/** Left of a certificate's lifetime when it should have been renewed: authorities advise a third. Some live for a day only. */
const LEFT = 0.1

function contentOf (variable: string, path: string): Buffer | Problem {
  try {
    return readFileSync(path)
  } catch (err) {
    return { variable, message: `${path} cannot be read (${(err as NodeJS.ErrnoException).code}). Check the path, and that the service may read it.` }
  }
}

function isAuthority (pem: Buffer): boolean {
  try {
    return certificatesIn(String(pem)).length > 0
  } catch {
    return false
  }
}

function read ({ certFile, keyFile, caFile }: TlsFiles, names: typeof SERVICE): TlsContext {
  const [cert, key, ca] = [contentOf(names.cert, certFile), contentOf(names.key, keyFile), caFile === undefined ? undefined : contentOf(names.ca, caFile)]
  const problems = [cert, key, ca].filter((read): read is Problem => read !== undefined && !Buffer.isBuffer(read))
  if (problems.length > 0) throw configInvalid(problems)
  const context = { cert, key, ...(ca !== undefined && { ca }), minVersion: 'TLSv1.2' } as TlsContext
  try {
    certificateIn(context)
  } catch {
    throw configInvalid([{ variable: names.cert, message: `${certFile} holds no certificate in PEM.` }])
  }
  if (context.ca !== undefined && !isAuthority(context.ca)) throw configInvalid([{ variable: names.ca, message: `${caFile} holds no certificate in PEM.` }])
  try {
    createSecureContext(context)
  } catch {
    // OpenSSL's words help nobody, and may quote the file.
    throw configInvalid([{ variable: names.key, message: `${keyFile} is no private key in PEM without a passphrase, or not that of the certificate in ${certFile}.` }])
  }
  return context
}

/**
 * Reads the certificate with its chain, and its key (PEM).
 *
 * @throws AUTH_CONFIG_INVALID if they cannot be used, or do not belong together
 */
export const readTls = (files: TlsFiles): TlsContext => read(files, SERVICE)

/** The same for the port of the admin API, and the authority of its clients' certificates. @throws AUTH_CONFIG_INVALID */
export const readAdminTls = (files: TlsFiles): TlsContext => read(files, ADMIN)

/** Of everybody's port and that of the admin API; undefined where there is none. */
export interface TlsContexts {
  service: TlsContext | undefined
  admin: TlsContext | undefined
}

/** @throws AUTH_CONFIG_INVALID */
export function readContexts ({ tls, adminListener }: { tls?: TlsFiles, adminListener: { tls: TlsFiles | undefined } | undefined }): TlsContexts {
  return { service: tls && readTls(tls), admin: adminListener?.tls && readAdminTls(adminListener.tls) }
}

const certificateIn = ({ cert }: TlsContext): X509Certificate => new X509Certificate(cert)

/** What whoever renews the certificate should know; undefined while it is valid for long enough. */
export function certificateWarning (context: TlsContext, name = 'TLS certificate', now = Date.now()): string | undefined {
  const { validFrom, validTo } = certificateIn(context)
  const end = Date.parse(validTo)
  if (end < now) return `the ${name} has expired (${validTo})`
  return end - now < LEFT * (end - Date.parse(validFrom)) ? `the ${name} expires soon (${validTo})` : undefined
}

/** The same for all of them. */
export function certificateWarnings ({ service, admin }: TlsContexts): string[] {
  return [service && certificateWarning(service), admin && certificateWarning(admin, 'TLS certificate of the admin API')].filter((warning) => warning !== undefined)
}
