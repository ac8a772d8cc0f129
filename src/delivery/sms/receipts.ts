import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { networksOf, type Networks } from '../../limits/network.js'
import type { Asker } from '../sender.js'

const [IV_BYTES, TAG_BYTES] = [12, 16]
/** Providers try for two days, and report soon after. */
const LIFETIME_SECONDS = 3 * 86_400

/** Whom a message went to, and who asked for it. */
export interface Sealed {
  to: string
  /** Undefined for messages that no client asked for. */
  networks: Networks | undefined
}

const now = (): number => Math.floor(Date.now() / 1000)

/** The address of a client, as short as can be: an IPv4 address, or an IPv6 /64. */
function packNetwork (networks: Networks | undefined): Buffer {
  const name = networks?.[0].name ?? ''
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return Buffer.from(name.split('.').map(Number))
  if (!name.endsWith('::/64')) return Buffer.alloc(0)
  const packed = Buffer.alloc(8)
  name.slice(0, -'::/64'.length).split(':').forEach((group, index) => packed.writeUInt16BE(Number.parseInt(group, 16), 2 * index))
  return packed
}

function unpackNetwork (packed: Buffer): Networks | undefined {
  if (packed.length === 4) return networksOf(packed.join('.'))
  return packed.length === 8 ? networksOf(`${[0, 2, 4, 6].map((place) => packed.readUInt16BE(place).toString(16)).join(':')}::`) : undefined
}

/**
 * Makes a name for each message, which only this service can make and read. It is part of the URL to which the provider
 * reports, so nothing needs to be remembered of a message, however many are sent, and a receipt for a message that was
 * never sent cannot be written. The number is encrypted: URLs are in logs.
 *
 * @param secret what all replicas share
 */
export function createReceiptNames (secret: string) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'fastify-2fa/sms-receipts', 32))

  return {
    /** A name of at most 70 characters. */
    seal (provider: string, to: string, { networks }: Asker): string {
      const head = Buffer.alloc(12)
      head.writeBigUInt64BE(BigInt(to.slice(1)))
      head.writeUInt32BE(now(), 8)
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(provider))
      const sealed = Buffer.concat([cipher.update(Buffer.concat([head, packNetwork(networks)])), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
    },

    /** Undefined for a name that is made up, another provider's, or too old. */
    open (provider: string, name: string): Sealed | undefined {
      const packed = Buffer.from(name, 'base64url')
      // Another spelling of the same name would be another message.
      if (packed.length < IV_BYTES + TAG_BYTES + 12 || packed.toString('base64url') !== name) return undefined
      const decipher = createDecipheriv('aes-256-gcm', key, packed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(provider))
      decipher.setAuthTag(packed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      let opened: Buffer
      try {
        opened = Buffer.concat([decipher.update(packed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
      } catch {
        return undefined
      }
      if (now() - opened.readUInt32BE(8) > LIFETIME_SECONDS) return undefined
      return { to: `+${opened.readBigUInt64BE()}`, networks: unpackNetwork(opened.subarray(12)) }
    }
  }
}

export type ReceiptNames = ReturnType<typeof createReceiptNames>
