/**
 * Writes `examples/vectors`: tokens, requests and the decisions about them, for verifiers in other languages
 * (docs/other-languages.md). test/session/vectors.test.ts runs all of them through our own guard.
 *
 * Run it with `node scripts/make-vectors.js`. It writes the same files each time: keys and clock are fixed, and RS256 has
 * nothing random.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import * as claims from './vectors/claims.js'
import * as header from './vectors/header.js'
import * as otherWebsites from './vectors/other-websites.js'
import * as payload from './vectors/payload.js'
import * as place from './vectors/place.js'
import { PUBLISHED } from './vectors/tokens.js'

const directory = new URL(process.argv[2] === undefined ? '../examples/vectors/' : `file://${process.argv[2]}/`, import.meta.url)

function write (name, content) {
  writeFileSync(new URL(`${name}.json`, directory), `${JSON.stringify(content, null, 2)}\n`)
}

mkdirSync(directory, { recursive: true })
write('jwks', { keys: PUBLISHED })
for (const [name, { about, cases }] of Object.entries({ place, header, payload, claims, 'other-websites': otherWebsites })) write(name, { about, cases })
