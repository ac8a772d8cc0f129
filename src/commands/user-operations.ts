import { userInfo } from 'node:os'
import type { ServiceOptions } from '../app.js'
import { AGENDA_USER, planAct, type OperatorAct } from '../account/agenda.js'
import type { Core } from '../account/core-client.js'
import type { Because, Operations } from '../account/operator.js'
import { usableIn } from '../account/operator-list.js'
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

/** Leaves to the service what a command cannot do: publish the audit events, and send messages. @returns whether it will */
async function handOver (core: Core, act: OperatorAct, io: Io): Promise<boolean> {
  if (await planAct((changes) => core.update(AGENDA_USER, changes), act)) return true
  io.err(`The service has too much to do to publish this, or to tell the owner. Keep it: ${JSON.stringify(act.events)}\n`)
  return false
}

/**
 * Who refuses the access tokens of sessions that have ended, before these expire: all replicas within a second, told by Redis,
 * the one process that finds it in the Core within a minute, or nobody, where there was no room for that.
 */
export type ToldBy = 'redis' | 'core' | 'nobody'

export interface CommandOperations extends Operations {
  /** Undefined where no session was ended. */
  toldBy (): ToldBy | undefined
}

/** Tells replicas at once, where there is a way. Otherwise the service hears of it with the act. */
async function tellEnded (redisUrl: string | undefined, ended: Pick<SessionRevoked, 'userId' | 'sessionHandles'>, at: number, io: Io): Promise<ToldBy> {
  if (redisUrl === undefined) return 'core'
  const { tellReplicas } = await import('../revocations/redis-stream.js')
  return await tellReplicas(redisUrl, [{ type: 'session-revoked', ...ended, at, reason: 'operator' }]).then(() => 'redis' as const, () => {
    io.err('Redis does not answer.\n')
    return 'core'
  })
}

/** A session that has ended in the Core is not refreshed. Until it expires, an access token goes by what a process has heard. */
export const TOLD: Record<ToldBy, string> = {
  redis: 'All processes of the service refuse the access tokens within a second.',
  core: 'One process of the service refuses the access tokens within a minute. Any others admit them until they expire, since no Redis tells them.',
  nobody: 'The service admits the access tokens until they expire, since nobody tells it.'
}

/** What commands work with, by the settings of the service. */
export function operationsFor (core: Core, options: ServiceOptions, io: Io): CommandOperations {
  const { firstFactor, secondFactors, passwordReset, accountRecovery, recoveryPeriod, limits } = resolveOptions(libraryOptions(options))
  const redisUrl = limits === false ? undefined : limits.redisUrl
  const byPhone = firstFactor === 'phone-password'
  const running = secondFactors.map((factor) => typeof factor === 'string' ? factor : factor.id)
  let sessionsEndedAt: number | undefined
  let sessionHandles: readonly string[] | undefined
  let toldBy: ToldBy | undefined
  const tell = async (ended: Pick<SessionRevoked, 'userId' | 'sessionHandles'>, at: number): Promise<void> => {
    const by = await tellEnded(redisUrl, ended, at, io)
    // Of several, the one that fewer have heard of counts.
    if (toldBy !== 'core') toldBy = by
  }
  return {
    toldBy: () => toldBy,
    core: {
      ...core,
      async endSessions (userId) {
        const handles = await core.endSessions(userId)
        sessionsEndedAt = Date.now()
        await tell({ userId }, sessionsEndedAt)
        return handles
      },
      async endSessionsBy (handles) {
        const ended = await core.endSessionsBy(handles)
        sessionHandles = handles
        await tell({ sessionHandles }, Date.now())
        return ended
      }
    },
    factors: FACTOR_RECORDS,
    usable: async (user, metadata) => await usableIn({ core, byPhone, factors: FACTOR_RECORDS }, running, user, metadata),
    byPhone,
    passwordReset,
    recoveryWait: accountRecovery ? recoveryPeriod * 1000 : undefined,
    async report (act) {
      const isLeft = await handOver(core, { ...act, sessionsEndedAt, sessionHandles }, io)
      if (!isLeft && toldBy === 'core') toldBy = 'nobody'
    }
  }
}
