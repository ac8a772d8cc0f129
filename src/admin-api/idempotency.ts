import { createHash } from 'node:crypto'
import { IdempotencyKeyInvalid, IdempotencyKeyReused, IdempotencyUnderWay } from '../errors.js'
import type { KeptAnswers } from './kept-answers.js'

/** Visible ASCII, as long as a header's value may reasonably be. */
const KEY = /^[\x21-\x7e]{1,255}$/

export interface Change {
  /** Who calls: nobody gets the answers of others. */
  caller: string
  /** The header; undefined if there is none. */
  key: string | string[] | undefined
  method: string
  url: string
  body: unknown
}

export interface Outcome {
  answer: object
  /** Whether it is the answer of an earlier request. */
  isReplayed: boolean
}

const hashOf = (...parts: string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64url')

/**
 * Lets a change be sent again, whose answer was lost: with the same `Idempotency-Key`, it is done once
 * (draft-ietf-httpapi-idempotency-key-header). What was refused has changed nothing, so it is not kept.
 */
export function createIdempotency (kept: KeptAnswers) {
  return async function once ({ caller, key, method, url, body }: Change, run: () => Promise<object>): Promise<Outcome> {
    if (key === undefined) return { answer: await run(), isReplayed: false }
    if (typeof key !== 'string' || !KEY.test(key)) throw new IdempotencyKeyInvalid()
    const [name, print] = [hashOf(caller, key), hashOf(method, url, JSON.stringify(body))]
    const found = await kept.take(caller, name, print)
    if (found !== undefined) {
      if (found.print !== print) throw new IdempotencyKeyReused()
      if (found.answer === undefined) throw new IdempotencyUnderWay()
      return { answer: found.answer, isReplayed: true }
    }
    // What has happened is answered, whether or not it can be kept.
    const answer = await run().catch(async (err: unknown) => {
      await kept.drop(caller, name).catch(() => {})
      throw err
    })
    await kept.keep(caller, name, { print, answer }).catch(() => {})
    return { answer, isReplayed: false }
  }
}

export type Idempotency = ReturnType<typeof createIdempotency>
