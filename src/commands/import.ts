import { integer, type Kind, text, seconds } from '../config/kinds.js'
import { coreAddresses } from '../config/kinds-web.js'
import { read, readEnvironment } from '../config/read.js'
import { addressesIn } from '../core-addresses.js'
import { type Command, failure, type Flags, type Io } from './command.js'
import { environment } from './environment.js'

/** Some lines could not be imported. The command itself succeeded, and repeating it would not help. */
const SOME_FAILED = 3

function flag<Value> (flags: Flags, name: string, kind: Kind<Value>, fallback: string): Value {
  const result = read(kind, String(flags[name] ?? fallback))
  if ('value' in result) return result.value
  throw failure(`--${name}: ${result.message}`, 2)
}

/** The target Core and its key, from flags or from the service's settings. */
function target (flags: Flags, io: Io): { connectionURI: string, apiKey: string | undefined } {
  const { SUPERTOKENS_CONNECTION_URI: uri, SUPERTOKENS_API_KEY: key } = readEnvironment(environment(io)).values
  if (flags.to === undefined && uri === undefined) throw failure('--to is needed. Name the Core to import into, such as --to http://core:3567.', 2)
  const connectionURI = flag(flags, 'to', coreAddresses(), uri ?? '')
  // A key belongs to one Core. The key of the environment must not be sent to any other.
  const ownKey = addressesIn(connectionURI).join(';') === addressesIn(uri ?? '').join(';') ? key : undefined
  return { connectionURI, apiKey: flags['api-key'] === undefined ? ownKey : String(flags['api-key']) }
}

export const importCommand: Command = {
  usage: 'import --in FILE [flags]',
  about: 'Sends exported users who are not there yet to a Core and waits until all are imported.',
  flags: {
    in: { type: 'string' },
    to: { type: 'string' },
    'api-key': { type: 'string' },
    batch: { type: 'string' },
    resume: { type: 'string' },
    'dry-run': { type: 'boolean' },
    wait: { type: 'string' }
  },
  details: () => `  --in FILE      output of \`export\`, or users in SuperTokens' bulk-import format, one per line
  --to URI       target Core, such as http://core:3567 (default: SUPERTOKENS_CONNECTION_URI)
  --api-key KEY  its key (default: SUPERTOKENS_API_KEY, if --to is its Core)
  --batch 500    users per request, at most 10000
  --resume FILE  stores the progress in this file, and continues from it
  --dry-run      says what would be imported, is there already or would be refused, and changes nothing
  --wait 900     seconds in which the Core's queue may import nobody before the import ends

Exit codes: 0 all users are in the Core, 1 the import ended early, 2 wrong usage, 3 some lines could not be imported.
`,
  async run (flags, _words, io) {
    if (flags.in === undefined) throw failure('--in is needed. Name the file with the users.', 2)
    const file = flag(flags, 'in', text('a file path'), '')
    const batch = flag(flags, 'batch', integer(1, 10_000), '500')
    const patience = flag(flags, 'wait', seconds(1, 86_400), '900') * 1000
    const { connectionURI, apiKey } = target(flags, io)
    const stateFile = flags.resume === undefined ? undefined : String(flags.resume)
    const dryRun = flags['dry-run'] === true
    const { importUsers } = await import('../migrate/import-users.js')
    const { createProgress } = await import('../migrate/progress.js')
    const progress = createProgress(io.err, io.isTerminal === true)
    const result = await importUsers({ file, connectionURI, apiKey, batch, stateFile, dryRun, patience, onProgress: progress.update, onNotice: (notice) => io.err(`${notice}\n`) }).finally(progress.end)
    const { total, imported, alreadyThere, failures, withoutPhone } = result
    for (const { line, message } of [...failures, ...withoutPhone]) io.err(`line ${line}: ${message}\n`)
    io.out(dryRun
      ? `dry run of ${total} users: ${imported} to import, ${alreadyThere} already there, ${failures.length} cannot be imported\n`
      : `${total} users: ${imported} imported, ${alreadyThere} already there, ${failures.length} failed\n`)
    return failures.length === 0 ? 0 : SOME_FAILED
  }
}
