import { createHash } from 'node:crypto'

/**
 * Whether a device id and a preAuthSessionId belong together: the Core derives the second as base64url(SHA-256(device id))
 * (CDI `/recipe/signinup/code/consume`). It answers 400 to a pair that does not match and to sloppy base64, which the SDK
 * turns into a 500.
 */
export function deviceFits (deviceId: string, preAuthSessionId: string): boolean {
  const bytes = Buffer.from(deviceId, 'base64')
  return bytes.toString('base64') === deviceId && createHash('sha256').update(bytes).digest('base64url') === preAuthSessionId
}
