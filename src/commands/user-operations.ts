import { userInfo } from 'node:os'
import type { ServiceOptions } from '../app.js'
import { AGENDA_USER, planAct, type OperatorAct } from '../account/agenda.js'
import type { Core } from '../account/core-client.js'
import type { Because, Operations } from '../account/operator.js'
import { libraryOptions } from '../options/library-options.js'
import { resolveOptions } from '../options/resolve.js'
import type { SessionRevoked } from '../revocations/event.js'
import { FACTOR_RECORDS } from '../second-factor/factors/removal.js'
import { failure, textOf, type Flags, type Io } from './command.js'

/** Who does it, and why. @throws a usage error where nobody says why */
export function becauseOf (flags: Flags, usage: string): Because {
  const reason = textOf(flags.reason)
  if (reason === undefined) throw failure(`Say why with --reason: ${usage} --reason "…".`, 2)
  return { by: textOf(flags.by) ?? systemUser(), reason }
}

/** Whoever is logged in, where nobody says who does it. */
export function systemUser (): string {
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
async function tellEnded (redisUrl: string | undefined, ended: Pick<SessionRevoked, 'userId' | 'sessionHandles'>, at: number, io: Io): Promise<void> {
  if (redisUrl === undefined) return
  const { tellReplicas } = await import('../revocations/redis-stream.js')
  await tellReplicas(redisUrl, [{ type: 'session-revoked', ...ended, at, reason: 'operator' }]).catch(() => {
    io.err('Redis does not answer. Replicas refuse the tokens of these sessions within a minute.\n')
  })
}

/** What commands work with, by the settings of the service. */
export function operationsFor (core: Core, options: ServiceOptions, io: Io): Operations {
  const { firstFactor, passwordReset, accountRecovery, recoveryPeriod, limits } = resolveOptions(libraryOptions(options))
  const redisUrl = limits === false ? undefined : limits.redisUrl
  let sessionsEndedAt: number | undefined
  let sessionHandles: readonly string[] | undefined
  return {
    core: {
      ...core,
      async endSessions (userId) {
        const handles = await core.endSessions(userId)
        sessionsEndedAt = Date.now()
        await tellEnded(redisUrl, { userId }, sessionsEndedAt, io)
        return handles
      },
      async endSessionsBy (handles) {
        const ended = await core.endSessionsBy(handles)
        sessionHandles = handles
        await tellEnded(redisUrl, { sessionHandles }, Date.now(), io)
        return ended
      }
    },
    factors: FACTOR_RECORDS,
    byPhone: firstFactor === 'phone-password',
    passwordReset,
    recoveryWait: accountRecovery ? recoveryPeriod * 1000 : undefined,
    report: (act) => handOver(core, { ...act, sessionsEndedAt, sessionHandles }, io)
  }
}
