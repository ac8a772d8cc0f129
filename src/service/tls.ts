import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { configInvalid, type Problem } from '../config/problems.js'

/** Where the certificate and its key are. */
export interface TlsFiles {
  certFile: string
  keyFile: string
}

/** What Node's servers take, for the first time and for a change. */
export interface TlsContext {
  cert: Buffer
  key: Buffer
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

/**
 * Reads the certificate with its chain, and its key (PEM).
 *
 * @throws AUTH_CONFIG_INVALID if they cannot be used, or do not belong together
 */
export function readTls ({ certFile, keyFile }: TlsFiles): TlsContext {
  const [cert, key] = [contentOf('TLS_CERT_FILE', certFile), contentOf('TLS_KEY_FILE', keyFile)]
  const problems = [cert, key].filter((read): read is Problem => !Buffer.isBuffer(read))
  if (problems.length > 0) throw configInvalid(problems)
  const context = { cert, key, minVersion: 'TLSv1.2' } as TlsContext
  try {
    certificateIn(context)
  } catch {
    throw configInvalid([{ variable: 'TLS_CERT_FILE', message: `${certFile} holds no certificate in PEM.` }])
  }
  try {
    createSecureContext(context)
  } catch {
    // OpenSSL's words help nobody, and may quote the file.
    throw configInvalid([{ variable: 'TLS_KEY_FILE', message: `${keyFile} is no private key in PEM without a passphrase, or not that of the certificate in ${certFile}.` }])
  }
  return context
}

const certificateIn = ({ cert }: TlsContext): X509Certificate => new X509Certificate(cert)

/** What whoever renews the certificate should know; undefined while it is valid for long enough. */
export function certificateWarning (context: TlsContext, now = Date.now()): string | undefined {
  const { validFrom, validTo } = certificateIn(context)
  const end = Date.parse(validTo)
  if (end < now) return `the TLS certificate has expired (${validTo})`
  return end - now < LEFT * (end - Date.parse(validFrom)) ? `the TLS certificate expires soon (${validTo})` : undefined
}
