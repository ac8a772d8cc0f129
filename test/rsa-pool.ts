import crypto from 'node:crypto'
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'

/**
 * Preloaded into test processes: new RSA keys come from a pool that scripts/test.js has filled, in a random order and each
 * as late again as possible. A key takes 0.2 s. A Core makes two when it starts, and the tests start hundreds of Cores.
 * What tests make for themselves is of another part of the pool: a key of an attacker's must be none of a Core's.
 * Whatever else is asked for is generated as always.
 */
const pool = JSON.parse(readFileSync(new URL('rsa-pool.json', import.meta.url), 'utf8')) as Record<'cores' | 'tests', string[]>

type Options = Record<string, unknown>

const generate = promisify(crypto.generateKeyPair) as (type: string, options: Options) => Promise<crypto.KeyPairKeyObjectResult>
const generateNow = crypto.generateKeyPairSync as unknown as (type: string, options: Options) => crypto.KeyPairKeyObjectResult

const isPooled = (type: string, options: Options): boolean => type === 'rsa' && options.modulusLength === 2048 && Object.keys(options).length === 1

function takeFrom (keys: string[]): () => crypto.KeyPairKeyObjectResult {
  let next = crypto.randomInt(keys.length)
  return () => {
    const privateKey = crypto.createPrivateKey(keys[next++ % keys.length]!)
    return { privateKey, publicKey: crypto.createPublicKey(privateKey) }
  }
}

const ofCores = takeFrom(pool.cores)
const ofTests = takeFrom(pool.tests)

Object.assign(crypto, {
  generateKeyPairSync: (type: string, options: Options) => isPooled(type, options) ? ofTests() : generateNow(type, options)
})
Object.defineProperty(crypto.generateKeyPair, promisify.custom, {
  value: async (type: string, options: Options) => isPooled(type, options) ? ofCores() : await generate(type, options)
})
syncBuiltinESMExports()
