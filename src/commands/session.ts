import { revokeSession } from '../admin/sessions.js'
import { loadConfig } from '../config/load.js'
import { type Command, failure } from './command.js'
import { environment } from './environment.js'
import { withCore } from './user-core.js'
import { becauseOf, operationsFor } from './user-operations.js'
import { json } from './user-output.js'

const USAGE = 'session revoke <handle>'

export const session: Command = {
  usage: USAGE,
  about: 'Ends one session, by the handle that `user sessions` and audit events name.',
  flags: { reason: { type: 'string' }, by: { type: 'string' }, json: { type: 'boolean' } },
  details: () => `  --reason TEXT  why; needed, and kept in the audit event
  --by NAME      who does it (default: the user of this machine)
  --json         prints the result as JSON

Uses the settings of the service, which may keep running. Its tokens are refused within a second where there is a Redis, else
within a minute. Exits with 0 when it is done or was done before, 1 when it fails, 2 when the command is wrong.
`,
  async run (flags, [action, handle = '', ...more], io) {
    if (action !== 'revoke' || handle === '' || more.length > 0) throw failure(`Name exactly one session: ${USAGE}.`, 2)
    const because = becauseOf(flags, USAGE)
    const { options } = loadConfig(environment(io))
    return await withCore(options.core, async (core) => {
      const revoked = await revokeSession(operationsFor(core, options, io), handle, because)
      const line = revoked.existed ? `The session of ${revoked.userId} has ended.` : 'There is no such session any more.'
      io.out(flags.json === true ? `${json({ handle, ...revoked })}\n` : `${line}\n`)
      return 0
    })
  }
}
