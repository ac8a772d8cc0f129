import { createHmac } from 'node:crypto'

/**
 * Builds the names of counters. They are keyed hashes, so that reading the store reveals no phone number, address or
 * user. A plain hash would not do: there are few enough phone numbers to hash them all. The key is the Core's API key,
 * because all replicas share it.
 */
export function createKeys (secret: string) {
  return (purpose: string, ...subject: string[]): string =>
    `${purpose}:${createHmac('sha256', secret).update(JSON.stringify([purpose, ...subject])).digest('base64url').slice(0, 32)}`
}

export type Keys = ReturnType<typeof createKeys>
