import { createHmac } from 'node:crypto'

/**
 * Names of counters. Whoever reads the store learns no phone number, address or user: there are few enough phone numbers to hash them
 * all, hence the key, which is the Core's own since replicas share exactly that.
 */
export function createKeys (secret: string) {
  return (purpose: string, ...subject: string[]): string =>
    `${purpose}:${createHmac('sha256', secret).update(JSON.stringify([purpose, ...subject])).digest('base64url').slice(0, 32)}`
}

export type Keys = ReturnType<typeof createKeys>
