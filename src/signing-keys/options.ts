/** A private key as a JWK (RFC 7517): EC on P-256 (ES256), or OKP on Ed25519 (EdDSA, RFC 8037). */
export interface PrivateJwk {
  kty: string
  crv: string
  x: string
  /** EC only. */
  y?: string
  /** The private part. */
  d: string
  /** @default the key's thumbprint (RFC 7638) */
  kid?: string
  alg?: string
  use?: string
}

/** A JWK set of private keys. The first one signs; all of them are published. */
export interface PrivateJwkSet {
  keys: readonly PrivateJwk[]
}
