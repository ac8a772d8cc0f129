import { X509Certificate } from 'node:crypto'

/** A root, and what may be between it and a client. */
const LONGEST_CHAIN = 10

/** The certificates in a PEM text. @throws if one cannot be read */
export function certificatesIn (pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one))
}

const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)

/**
 * Whether a certificate is one of these authorities, be it by others that its owner has sent. Whether it is still valid was
 * checked when the connection began.
 */
export function isOf (authorities: readonly X509Certificate[], certificate: X509Certificate, longest = LONGEST_CHAIN): boolean {
  if (authorities.some((authority) => authority.fingerprint256 === certificate.fingerprint256 || isSignedBy(certificate, authority))) return true
  const { issuerCertificate: issuer } = certificate
  return longest > 0 && issuer?.ca === true && isSignedBy(certificate, issuer) && isOf(authorities, issuer, longest - 1)
}
