import type { Core } from '../account/core-client.js'
import { tenantsOf } from '../admin/core-calls.js'
import { loadConfig } from '../config/load.js'
import { didYouMean } from '../config/near.js'
import { type Command, failure, textOf } from './command.js'
import { environment } from './environment.js'
import { ACTIONS } from './user-actions.js'
import { withCore } from './user-core.js'
import { becauseOf, operationsFor, TOLD } from './user-operations.js'
import { json } from './user-output.js'
import { findWho } from './user-who.js'

const NAMES = Object.keys(ACTIONS)

/** The refusals of operators' functions, for the person at the terminal. */
function explained (err: unknown, userId: string): unknown {
  if (!(err instanceof Error && 'code' in err)) return err
  if (err.code === 'AUTH_USER_UNKNOWN') return failure(`There is no user ${userId}. Check the id.`, 1)
  return err
}

/** The Core answers 400 below a tenant that it does not have, as to much else. */
async function withoutTenant (core: Core, tenantId: string, err: unknown): Promise<unknown> {
  if (!(err instanceof Error && 'status' in err && err.status === 400)) return err
  const tenants = await tenantsOf(core)
  return tenants.includes(tenantId) ? err : failure(`There is no tenant ${tenantId}.${didYouMean(tenantId, tenants)}`, 1)
}

export const user: Command = {
  usage: 'user <action> <who>',
  about: 'Lists, shows, exports and deletes people, and changes what stands between them and their account.',
  flags: {
    reason: { type: 'string' },
    by: { type: 'string' },
    tenant: { type: 'string' },
    json: { type: 'boolean' },
    'keep-password': { type: 'boolean' },
    wait: { type: 'string' },
    search: { type: 'string' },
    order: { type: 'string' },
    limit: { type: 'string' },
    cursor: { type: 'string' },
    create: { type: 'boolean' },
    yes: { type: 'boolean' }
  },
  details: () => `  user list [--search TEXT]                lists people, the newest first
  user show <who>                          shows logins, factors, locks, roles and sessions
  user sessions <who>                      lists sessions
  user revoke <who>                        ends all sessions
  user roles <who> [add|remove ROLE]       lists, adds or removes roles
  user export <who>                        prints all that is known of a person, without secrets
  user delete <who>                        deletes a person and all that is kept of them
  user factors <who>                       lists what is enrolled, masked, and what stands in the way
  user unlock <who>                        unlocks a second factor that too many wrong codes have locked
  user reset-factor <who> <factor|all>     removes sms, email, totp, passkey or recovery-code
  user force-password-change <who>         lets nobody sign in until the password is reset by a link
  user change-number <who> <number>        phone + password: gives the account another number
  user start-recovery <who> [--wait 24h]   starts a recovery, or shortens the one that is under way
  user stop-recovery <who>                 stops a recovery

  <who>            an id, an e-mail address, or a number where accounts are phone numbers
  --reason TEXT    why; needed for whatever changes something and for export, and kept in the audit event
  --by NAME        who does it (default: the user of this machine)
  --tenant ID      where to look up an address or a number, and of a role (default: public)
  --search TEXT    the beginning of an address, of its domain or of a number, or an id
  --order ORDER    newest or oldest first (default: newest)
  --limit N        people of a page, 500 at most (default: 100); --cursor C shows the page that the one before names
  --create         with roles add: makes the role if there is none of this name
  --yes            with delete: does not ask
  --keep-password  with reset-factor: lets the password go on working without a second factor
  --json           prints the result as JSON, and a refusal as { "error": { "code", "message" } }

Uses the settings of the service, which may keep running. It publishes the audit event and tells the owner within a minute.
Verify who is asking first: whoever knows the password may be the thief.
Exits with 0 when it is done or was done before, 1 when it is refused or fails, 2 when the command is wrong.
`,
  async run (flags, [name = '', ...given], io) {
    if (!Object.hasOwn(ACTIONS, name)) throw failure(`${name === '' ? 'Name an action.' : `Unknown action "${name}".`} Use user ${NAMES.join(', ')}.${didYouMean(name, NAMES)}`, 2)
    const action = ACTIONS[name]!
    const { takes, isAboutOne = true, counts = [takes === undefined ? 0 : 1], needsReason = () => true } = action
    const usage = `user ${name}${isAboutOne ? ' <who>' : ''}${takes === undefined ? '' : ` ${takes}`}`
    const [who = '', ...words] = isAboutOne ? given : ['', ...given]
    if ((isAboutOne && who === '') || !counts.includes(words.length)) throw failure(isAboutOne ? `Name exactly one user: ${usage}.` : `Nothing comes after it: ${usage}.`, 2)
    const because = needsReason(words) ? becauseOf(flags, usage) : { by: '', reason: '' }
    const { options } = loadConfig(environment(io))
    return await withCore(options.core, async (core) => {
      const operations = operationsFor(core, options, io)
      const tenantId = textOf(flags.tenant) ?? 'public'
      const userId = isAboutOne ? await findWho(core, who, { tenantId, byPhone: operations.byPhone }).catch(async (err: unknown) => { throw await withoutTenant(core, tenantId, err) }) : ''
      const { lines, result } = await action.run({ operations, userId, who, tenantId, words, because, flags, io })
        .catch(async (err: unknown) => { throw explained(await withoutTenant(core, tenantId, err), userId) })
      const toldBy = operations.toldBy()
      const told = toldBy === undefined ? [] : [TOLD[toldBy]]
      io.out(flags.json === true ? `${json({ ...result, toldBy })}\n` : `${[...lines, ...told].join('\n')}\n`)
      return 0
    })
  }
}
