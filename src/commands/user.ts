import { userInfo } from 'node:os'
import { loadConfig } from '../config/load.js'
import { didYouMean } from '../config/near.js'
import { resolveOptions } from '../options/resolve.js'
import type { ServiceOptions } from '../app.js'
import { AGENDA_USER, planAct, type OperatorAct } from '../account/agenda.js'
import type { Core } from '../account/core-client.js'
import type { Operations } from '../account/operator.js'
import { FACTOR_RECORDS } from '../second-factor/factors/removal.js'
import { type Command, failure, type Flags, type Io } from './command.js'
import { environment } from './environment.js'
import { ACTIONS } from './user-actions.js'
import { withCore } from './user-core.js'
import { json } from './user-output.js'
import { findWho } from './user-who.js'

const NAMES = Object.keys(ACTIONS)

const textOf = (flag: Flags[string]): string | undefined => flag === undefined ? undefined : String(flag)

/** Whoever is logged in, where nobody says who does it. */
function systemUser (): string {
  try {
    return userInfo().username
  } catch {
    throw failure('This machine does not say who you are. Use --by NAME.', 2)
  }
}

/** Leaves to the service what a command cannot do: publish the audit events, and send messages. */
async function handOver (core: Core, act: OperatorAct, io: Io): Promise<void> {
  if (await planAct((changes) => core.update(AGENDA_USER, changes), act)) return
  io.err(`The service has too much to do to publish this, or to tell the owner. Keep it: ${JSON.stringify(act.events)}\n`)
}

/** Tells replicas at once, where there is a way. Otherwise the service hears of it with the act, within a minute. */
async function tellEnded (redisUrl: string | undefined, userId: string, at: number, io: Io): Promise<void> {
  if (redisUrl === undefined) return
  const { tellReplicas } = await import('../revocations/redis-stream.js')
  await tellReplicas(redisUrl, [{ type: 'session-revoked', userId, at, reason: 'operator' }]).catch(() => {
    io.err('Redis does not answer. Replicas refuse the tokens of these sessions within a minute.\n')
  })
}

function operationsFor (core: Core, { maxEventLoopDelay: _delay, routesPath: _path, ...options }: ServiceOptions, io: Io): Operations {
  const { firstFactor, passwordReset, accountRecovery, recoveryPeriod, limits } = resolveOptions(options)
  let sessionsEndedAt: number | undefined
  return {
    core: {
      ...core,
      async endSessions (userId) {
        const handles = await core.endSessions(userId)
        sessionsEndedAt = Date.now()
        await tellEnded(limits === false ? undefined : limits.redisUrl, userId, sessionsEndedAt, io)
        return handles
      }
    },
    factors: FACTOR_RECORDS,
    byPhone: firstFactor === 'phone-password',
    passwordReset,
    recoveryWait: accountRecovery ? recoveryPeriod * 1000 : undefined,
    report: (act) => handOver(core, { ...act, sessionsEndedAt }, io)
  }
}

/** The refusals of operators' functions, for the person at the terminal. */
function explained (err: unknown, userId: string): unknown {
  if (!(err instanceof Error && 'code' in err)) return err
  if (err.code === 'AUTH_USER_UNKNOWN') return failure(`There is no user ${userId}. Check the id.`, 1)
  return err
}

export const user: Command = {
  usage: 'user <action> <who>',
  about: 'Shows and changes what stands between a user and their account: second factors, locks, recoveries.',
  flags: {
    reason: { type: 'string' },
    by: { type: 'string' },
    tenant: { type: 'string' },
    json: { type: 'boolean' },
    'keep-password': { type: 'boolean' },
    wait: { type: 'string' }
  },
  details: () => `  user factors <who>                       lists what is enrolled, masked, and what stands in the way
  user unlock <who>                        unlocks a second factor that too many wrong codes have locked
  user reset-factor <who> <factor|all>     removes sms, email, totp, passkey or recovery-code
  user force-password-change <who>         lets nobody sign in until the password is reset by a link
  user change-number <who> <number>        phone + password: gives the account another number
  user start-recovery <who> [--wait 24h]   starts a recovery, or shortens the one that is under way
  user stop-recovery <who>                 stops a recovery

  <who>            an id, an e-mail address, or a number where accounts are phone numbers
  --reason TEXT    why; needed for all but \`factors\`, and kept in the audit event
  --by NAME        who does it (default: the user of this machine)
  --tenant ID      where to look up an address or a number (default: public)
  --keep-password  with reset-factor: lets the password go on working without a second factor
  --json           prints the result as JSON

Uses the settings of the service, which may keep running. It publishes the audit event and tells the owner within a minute.
Verify who is asking first: whoever knows the password may be the thief.
`,
  async run (flags, [name = '', who = '', ...words], io) {
    if (!Object.hasOwn(ACTIONS, name)) throw failure(`Unknown action "${name}". Use user ${NAMES.join(', ')}.${didYouMean(name, NAMES)}`, 2)
    const { takes, changes = true, run } = ACTIONS[name]!
    const usage = `user ${name} <who>${takes === undefined ? '' : ` ${takes}`}`
    if (who === '' || words.length !== (takes === undefined ? 0 : 1)) throw failure(`Name exactly one user: ${usage}.`, 2)
    const reason = textOf(flags.reason)
    if (changes && reason === undefined) throw failure(`Say why with --reason: ${usage} --reason "…".`, 2)
    const because = { by: textOf(flags.by) ?? (changes ? systemUser() : ''), reason: reason ?? '' }
    const { options } = loadConfig(environment(io))
    return await withCore(options.core, async (core) => {
      const operations = operationsFor(core, options, io)
      const userId = await findWho(core, who, { tenantId: textOf(flags.tenant) ?? 'public', byPhone: operations.byPhone })
      const { lines, result } = await run({ operations, userId, what: words[0] ?? '', because, keepPassword: flags['keep-password'] === true, wait: textOf(flags.wait) })
        .catch((err: unknown) => { throw explained(err, userId) })
      io.out(flags.json === true ? `${json(result)}\n` : `${lines.join('\n')}\n`)
      return 0
    })
  }
}
