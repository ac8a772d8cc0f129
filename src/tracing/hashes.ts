import type { Channel } from 'node:diagnostics_channel'
import { ATTRIBUTES, inSpan } from './spans.js'

/** What an embedded Core says of a password, in milliseconds. */
interface Hashed { waitedMs: number, tookMs: number }

async function traceHash (message: unknown): Promise<void> {
  const { waitedMs, tookMs } = message as Hashed
  // Told when it is over.
  await inSpan('password.hash', { startTime: Date.now() - waitedMs - tookMs, attributes: { [ATTRIBUTES.waited]: Math.round(waitedMs) / 1000 } }, async () => {})
}

let isListening = false

/** Writes a span for each password that an embedded Core hashes, with the seconds that it waited for its turn. */
export function traceHashes (hashed: Channel): void {
  if (!isListening) hashed.subscribe(traceHash)
  isListening = true
}
