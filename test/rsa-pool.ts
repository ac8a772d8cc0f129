import crypto from 'node:crypto'
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'

/**
 * Preloaded into test processes: new RSA keys come from a pool that scripts/test.js has filled, in a random order and each
 * as late again as possible. A Core makes two keys when it starts, at 0.2 s each, and the tests start hundreds of Cores.
 * Whatever else is asked of `generateKeyPair` is generated as always.
 */
const pool = JSON.parse(readFileSync(new URL('rsa-pool.json', import.meta.url), 'utf8')) as string[]
let next = crypto.randomInt(pool.length)

const generate = promisify(crypto.generateKeyPair) as (type: string, options: object) => Promise<crypto.KeyPairKeyObjectResult>

async function fromPool (type: string, options: { modulusLength?: number }): Promise<crypto.KeyPairKeyObjectResult> {
  if (type !== 'rsa' || options.modulusLength !== 2048 || Object.keys(options).length > 1) return await generate(type, options)
  const privateKey = crypto.createPrivateKey(pool[next++ % pool.length]!)
  return { privateKey, publicKey: crypto.createPublicKey(privateKey) }
}

Object.defineProperty(crypto.generateKeyPair, promisify.custom, { value: fromPool })
syncBuiltinESMExports()
