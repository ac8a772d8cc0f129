import { createCipheriv, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import { hash as bcryptHash, verify as bcryptVerify } from '@node-rs/bcrypt'
import type { Settings } from '../config.js'
import { sameSecret } from '../storage/digests.js'

const scryptAsync = promisify<Buffer, Buffer, number, { N: number, r: number, p: number, maxmem: number }, Buffer>(scrypt)

/** How long a hash of these settings takes on a usual machine, in milliseconds. */
export function guessMs ({ hashing, bcryptRounds, argon2: { memoryCost, timeCost } }: Settings): number {
  return hashing === 'BCRYPT' ? 2 ** bcryptRounds / 20 : memoryCost * timeCost / 1000
}

/** Runs off the event loop. Never call it inside a transaction. */
export async function hashPassword (password: string, settings: Settings): Promise<string> {
  if (settings.hashing === 'ARGON2') return await argon2Hash(password, settings.argon2)
  const hash = await bcryptHash(password, settings.bcryptRounds)
  // The real Core's library knows the prefix 2a only. 2b is the same algorithm.
  return hash.replace(/^\$2b/, '$2a')
}

/** Returns false for a broken hash. */
export async function verifyPassword (password: string, stored: string, settings: Settings): Promise<boolean> {
  if (isBcrypt(stored)) return bcryptVerify(password, stored)
  if (isArgon2(stored)) return argon2Verify(stored, password).catch(() => false)
  return verifyFirebase(password, stored, settings.firebaseKey)
}

/**
 * A hash that no password has, as expensive to verify as those that these settings make. Verified for unknown accounts, so
 * that time does not tell which accounts exist (ASVS 6.3.8).
 */
export function decoyHash ({ hashing, bcryptRounds, argon2: { memoryCost, timeCost, parallelism } }: Settings): string {
  if (hashing === 'BCRYPT') return `$2a$${String(bcryptRounds).padStart(2, '0')}$${'.'.repeat(53)}`
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`
}

export type HashAlgorithm = 'BCRYPT' | 'ARGON2' | 'FIREBASE_SCRYPT'

const FORMATS: Record<HashAlgorithm, { name: string, fits: (hash: string) => boolean }> = {
  BCRYPT: { name: 'BCrypt', fits: isBcrypt },
  ARGON2: { name: 'Argon2', fits: isArgon2 },
  FIREBASE_SCRYPT: { name: 'Firebase SCrypt', fits: (hash) => parseFirebase(hash) !== undefined }
}

export function isHashAlgorithm (name: string): name is HashAlgorithm {
  return Object.hasOwn(FORMATS, name)
}

/** What is wrong with a hash to import; undefined if nothing is. */
export function hashProblem (hash: string, algorithm: HashAlgorithm | undefined, settings: Settings): string | undefined {
  const candidates = algorithm === undefined ? Object.values(FORMATS) : [FORMATS[algorithm]]
  if (!candidates.some(({ fits }) => fits(hash))) {
    return algorithm === undefined ? 'Password hash is in invalid format' : `Password hash is in invalid ${FORMATS[algorithm].name} format`
  }
  if (FORMATS.FIREBASE_SCRYPT.fits(hash) && settings.firebaseKey === '') return '\'firebase_password_hashing_signer_key\' cannot be null'
  return undefined
}

function isBcrypt (hash: string): boolean {
  return /^\$2[abxy]/.test(hash)
}

function isArgon2 (hash: string): boolean {
  return /^\$argon2(id|i|d)/.test(hash)
}

/** `$f_scrypt$<hash>$<salt>$m=<memory cost>$r=<rounds>$s=<salt separator>`, the last three in any order. */
function parseFirebase (hash: string): { hash: string, salt: string, memory: number, rounds: number, separator: string } | undefined {
  const parts = hash.split('$')
  if (parts.length !== 7 || parts[0] !== '' || parts[1] !== 'f_scrypt') return undefined
  const option = (name: string) => parts.slice(4).find((part) => part.startsWith(`${name}=`))?.slice(2)
  const [memory, rounds, separator] = [Number(option('m')), Number(option('r')), option('s')]
  if (!Number.isInteger(memory) || !Number.isInteger(rounds) || separator === undefined) return undefined
  return { hash: parts[2] as string, salt: parts[3] as string, memory, rounds, separator }
}

async function verifyFirebase (password: string, stored: string, signerKey: string): Promise<boolean> {
  const parsed = parseFirebase(stored)
  if (parsed === undefined) return false
  const { memory, rounds, salt, separator } = parsed
  const N = 2 ** memory
  const saltBytes = Buffer.concat([Buffer.from(salt, 'base64'), Buffer.from(separator, 'base64')])
  try {
    const derived = await scryptAsync(Buffer.from(password), saltBytes, 64, { N, r: rounds, p: 1, maxmem: 256 * N * rounds })
    const cipher = createCipheriv('aes-256-ctr', derived.subarray(0, 32), Buffer.alloc(16))
    return sameSecret(cipher.update(Buffer.from(signerKey, 'base64'), undefined, 'base64') + cipher.final('base64'), parsed.hash)
  } catch {
    // scrypt does not take these costs.
    return false
  }
}
