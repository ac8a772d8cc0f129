import { revokeSession } from '../admin/sessions.js'
import { loadConfig } from '../config/load.js'
import { type Command, failure } from './command.js'
import { environment } from './environment.js'
import { withCore } from './user-core.js'
import { becauseOf, operationsFor, TOLD } from './user-operations.js'
import { json } from './user-output.js'

const USAGE = 'session revoke <handle>'

export const session: Command = {
  usage: USAGE,
  about: 'Ends one session, by the handle that `user sessions` and audit events name.',
  flags: { reason: { type: 'string' }, by: { type: 'string' }, json: { type: 'boolean' } },
  details: () => `  --reason TEXT  why; needed, and kept in the audit event
  --by NAME      who does it (default: the user of this machine)
  --json         prints the result as JSON

Uses the settings of the service, which may keep running. With Redis, all its processes refuse the access token within a second.
Without, one of them does within a minute, and others when it expires.
Exits with 0 when it is done or was done before, 1 when it fails, 2 when the command is wrong.
`,
  async run (flags, [action, handle = '', ...more], io) {
    if (action !== 'revoke' || handle === '' || more.length > 0) throw failure(`Name exactly one session: ${USAGE}.`, 2)
    const because = becauseOf(flags, USAGE)
    const { options } = loadConfig(environment(io))
    return await withCore(options.core, async (core) => {
      const operations = operationsFor(core, options, io)
      const revoked = await revokeSession(operations, handle, because)
      const toldBy = operations.toldBy()
      const line = toldBy === undefined ? 'There is no such session any more.' : `The session of ${revoked.userId} has ended. ${TOLD[toldBy]}`
      io.out(flags.json === true ? `${json({ handle, ...revoked, toldBy })}\n` : `${line}\n`)
      return 0
    })
  }
}
