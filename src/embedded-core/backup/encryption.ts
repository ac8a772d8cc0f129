import { createCipheriv, createDecipheriv, randomBytes, scrypt, type ScryptOptions } from 'node:crypto'
import { promisify } from 'node:util'
import { CORE_BACKUP_DAMAGED, CORE_BACKUP_KEY_REQUIRED, CORE_BACKUP_KEY_WRONG, CORE_OPTION_INVALID } from '../errors.js'
import { createByteReader, type ByteReader } from './byte-reader.js'

/**
 * The bytes of a backup under AES-256-GCM, chunk by chunk, so that neither side holds more than one (the STREAM
 * construction). The nonce has the number of a chunk and whether it is the last, so chunks that are moved, left out or cut
 * off do not open. Every backup has a key of its own, by scrypt from the given one and a random salt, so no nonce comes twice.
 */
export const ENCRYPTED = 'fastify-2fa encrypted backup 1'

const deriveAsync = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)
const CHUNK = 1 << 16
const TAG = 16
const SALT = 16
const MIN_LENGTH = 32

/** @throws CORE_OPTION_INVALID for a key of less than 32 characters */
export function readBackupKeys (given: string | string[] | undefined): string[] {
  const keys = given === undefined ? [] : [given as unknown].flat().flatMap((one) => typeof one === 'string' ? one.split(',').map((text) => text.trim()) : [''])
  if (keys.some((key) => key.length < MIN_LENGTH)) throw new CORE_OPTION_INVALID('key', `must be a string of at least ${MIN_LENGTH} characters. To give several, use a list or separate them by commas`)
  return keys
}

async function keyFrom (text: string, salt: Buffer): Promise<Buffer> {
  return await deriveAsync(text, Buffer.concat([Buffer.from(ENCRYPTED), salt]), 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 })
}

function nonceOf (index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(index, 0, 6)
  nonce.writeUInt8(isLast ? 1 : 0, 11)
  return nonce
}

export async function * encrypt (source: AsyncIterable<Buffer>, keyText: string): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT)
  const header = Buffer.from(`${ENCRYPTED}\n${salt.toString('hex')}\n`)
  const key = await keyFrom(keyText, salt)
  const reader = createByteReader(source)
  try {
    yield header
    for (let index = 0, isLast = false; !isLast; index++) {
      const plain = await reader.upTo(CHUNK)
      isLast = await reader.isAtEnd()
      const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index, isLast)).setAAD(header)
      yield Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    }
  } finally {
    await reader.close()
  }
}

/** Takes what comes after the first line. The first of the keys that opens the first chunk opens the others. */
export async function * decrypt (reader: ByteReader, keyTexts: readonly string[], name: string): AsyncGenerator<Buffer> {
  if (keyTexts.length === 0) throw new CORE_BACKUP_KEY_REQUIRED(name)
  const saltText = await reader.line(2 * SALT + 1)
  if (saltText === undefined || !/^[0-9a-f]{32}$/.test(saltText)) throw new CORE_BACKUP_DAMAGED(name, 'its header is not one')
  const header = Buffer.from(`${ENCRYPTED}\n${saltText}\n`)
  let keys: Buffer[] = await Promise.all(keyTexts.map((text) => keyFrom(text, Buffer.from(saltText, 'hex'))))
  for (let index = 0, isLast = false; !isLast; index++) {
    const sealed = await reader.upTo(CHUNK + TAG)
    isLast = await reader.isAtEnd()
    const nonce = nonceOf(index, isLast)
    const opened = keys.map((key) => ({ key, plain: openChunk(key, nonce, header, sealed) })).find(({ plain }) => plain !== undefined)
    if (opened?.plain === undefined) throw index === 0 ? new CORE_BACKUP_KEY_WRONG(name) : new CORE_BACKUP_DAMAGED(name, 'it was cut off or altered')
    keys = [opened.key]
    yield opened.plain
  }
}

function openChunk (key: Buffer, nonce: Buffer, header: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < TAG) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG }).setAAD(header)
    decipher.setAuthTag(sealed.subarray(-TAG))
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG)), decipher.final()])
  } catch {
    return undefined
  }
}
