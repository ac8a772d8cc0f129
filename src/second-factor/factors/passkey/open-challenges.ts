import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FactorKeys } from '../../factor-keys.js'

const ID_BYTES = 16
const TIME_BYTES = 6
const BODY_BYTES = ID_BYTES + TIME_BYTES
const LENGTH = BODY_BYTES + 32

/**
 * Challenges for whoever comes without a session. Nothing is kept of them, so a flood of requests fills nothing and every
 * replica knows them: an id, when it ends, and a signature (HMAC). They are spent with the account that answers.
 *
 * Not sealed with the key of secrets: strangers can ask for any number, and AES-GCM with random nonces has a limit.
 */
export function createOpenChallenges (factorKeys: FactorKeys, lifetime: number) {
  const keys = () => factorKeys.signing('sign-in challenge')
  const signed = (key: Buffer, body: Buffer): Buffer => createHmac('sha256', key).update(body).digest()

  return {
    /** base64url. */
    make (): string {
      const body = Buffer.concat([randomBytes(ID_BYTES), Buffer.alloc(TIME_BYTES)])
      body.writeUIntBE(Date.now() + lifetime * 1000, ID_BYTES, TIME_BYTES)
      return Buffer.concat([body, signed(keys()[0], body)]).toString('base64url')
    },

    /** Its id; undefined if its time is up, or it is none of these. */
    idOf (challenge: string): string | undefined {
      const bytes = Buffer.from(challenge, 'base64url')
      // One spelling each: another one of the same bytes would be another challenge to whoever compares texts.
      if (bytes.length !== LENGTH || bytes.toString('base64url') !== challenge) return undefined
      const body = bytes.subarray(0, BODY_BYTES)
      if (!keys().some((key) => timingSafeEqual(signed(key, body), bytes.subarray(BODY_BYTES)))) return undefined
      if (Date.now() > body.readUIntBE(ID_BYTES, TIME_BYTES)) return undefined
      return body.subarray(0, ID_BYTES).toString('base64url')
    }
  }
}
