import { readFileSync } from 'node:fs'
import { readHead, type Head } from '../audit/chain.js'
import { eventSchema, eventTable } from '../audit/schema.js'
import { type BadLine, type Verified, verifyChain } from '../audit/verify.js'
import { didYouMean } from '../config/near.js'
import { list, listDetails, listFlags } from './audit-list.js'
import { type Command, failure, type Flags, type Io } from './command.js'

const named = (flag: Flags[string]): string[] => [flag ?? []].flat().map(String)

/** A text file, or its lines. Its content is secret, so the message names the path only. */
function linesIn (path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '')
  } catch (err) {
    throw failure(`${path} cannot be read (${(err as NodeJS.ErrnoException).code}).`, 2)
  }
}

/** A checkpoint is the output of `verify --json`, a line of the log, or the file beside the audit file. */
function checkpointsIn (path: string): Head[] {
  return linesIn(path).map((line) => {
    const found = readHead(line) ?? readHead(nested(line, 'head')) ?? readHead(nested(line, 'auditChain'))
    if (found === undefined) throw failure(`${path} has a line that is no checkpoint.`, 2)
    return found
  })
}

function nested (line: string, member: string): string {
  try {
    return JSON.stringify((JSON.parse(line) as Record<string, unknown>)[member]) ?? ''
  } catch {
    return ''
  }
}

const where = ({ file, line }: Pick<BadLine, 'file' | 'line'>): string => line === 0 ? file : `${file}:${line}`

function describe ({ lines, events, first, head, notices, bad }: Verified, hasKeys: boolean): string {
  const seen = [
    ...notices.map((notice) => `note: ${where(notice)}: ${notice.message}`),
    ...(first !== undefined && first > 1 ? [`note: the first line is number ${first}. Nothing is proven of what came before it.`] : [])
  ]
  if (bad !== undefined) return [...seen, `BAD: ${where(bad)}: ${bad.message}`, `The ${lines} lines before it are right.`, ''].join('\n')
  const end = head === undefined ? [] : [`The chain ends with number ${head.sequence}, ${head.hash}. Keep this elsewhere: as a --checkpoint, it proves later that nothing up to it is missing.`]
  return [...seen, `OK: ${lines} lines, ${events} events.${hasKeys ? '' : ' Without --key-file, whoever can write the file could have written it anew.'}`, ...end, ''].join('\n')
}

async function verify (flags: Flags, files: string[], io: Io): Promise<number> {
  if (files.length === 0) throw failure('Name the files of the chain, the oldest first.', 2)
  const keys = named(flags['key-file']).flatMap(linesIn)
  const checkpoints = named(flags.checkpoint).flatMap(checkpointsIn)
  const verified = await verifyChain(files, { keys, checkpoints }).catch((err: NodeJS.ErrnoException) => {
    throw err.syscall === undefined ? err : failure(`${err.path ?? 'A file'} cannot be read (${err.code}).`, 2)
  })
  io.out(flags.json === true ? `${JSON.stringify(verified)}\n` : describe(verified, keys.length > 0))
  return verified.ok ? 0 : 1
}

const ACTIONS: Record<string, (flags: Flags, words: string[], io: Io) => Promise<number> | number> = {
  list,
  verify,
  schema (_flags, _words, io) {
    io.out(`${JSON.stringify(eventSchema(), undefined, 2)}\n`)
    return 0
  },
  types (_flags, _words, io) {
    io.out(eventTable())
    return 0
  }
}

export const audit: Command = {
  usage: 'audit list [FILE] | verify FILE… | schema | types',
  about: 'Lists audit events, checks the chain of their files, or prints the JSON schema or the table of events.',
  flags: { 'key-file': { type: 'string', multiple: true }, checkpoint: { type: 'string', multiple: true }, json: { type: 'boolean' }, ...listFlags },
  details: () => `  audit list prints events of AUDIT_FILE, or of FILE, and of those beside it that it was rotated to, newest first.
  It only reads: the service may go on.

${listDetails}
  audit verify FILE… checks the chain.

  --key-file FILE    AUDIT_CHAIN_KEY, or several keys, one a line
  --checkpoint FILE  an end of the chain that was kept elsewhere
  --json             prints JSON

Files are named the oldest first: fastify-2fa audit verify audit.log.1 audit.log
The exit code is 1 if a line is not as it was written; the first one is named.
`,
  async run (flags, [word = '', ...words], io) {
    const action = Object.hasOwn(ACTIONS, word) && (['list', 'verify'].includes(word) || words.length === 0) ? ACTIONS[word] : undefined
    if (action === undefined) throw failure(`Unknown action "${[word, ...words].join(' ')}". Use audit list, audit verify, audit schema or audit types.${didYouMean(word, Object.keys(ACTIONS))}`, 2)
    return await action(flags, words, io)
  }
}
