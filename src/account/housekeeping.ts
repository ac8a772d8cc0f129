import type { FastifyInstance } from 'fastify'
import type { UserContext } from 'supertokens-node/types'
import { AGENDA_USER, dueIn, type Entry, type OperatorAct } from './agenda.js'
import type { RecoveryNotices } from './recovery-notices.js'
import { phaseOf, RECOVERY, recoveryIn } from './recovery-record.js'
import { audit } from '../audit/audit.js'
import { readMetadata, updateMetadata } from '../second-factor/records.js'
import { takeTurn } from '../second-factor/turn.js'
import { announceRevocation } from '../session/ended.js'

/** When what has failed, or was cut off by a crash, is tried again. */
const RETRY_MS = 3_600_000
const DAY_MS = 86_400_000

/** For work that no request causes. */
const noRequest = (): UserContext => ({}) as UserContext

/**
 * Does what is due on the agenda: reminds owners of recoveries once a day, ends those that have lapsed, and publishes and
 * tells what operators did by a command. Any number of replicas may call it at any time: one at a time takes what is due,
 * and puts it off before it does it, so that nobody is told twice.
 *
 * @param recovers whether accounts are recovered; where that is off now, those that were started before end
 */
export function createHousekeeping (notices: RecoveryNotices, recovers: boolean) {
  /** @returns when the owner is told next; undefined when there is nothing more to tell */
  async function remind (userId: string): Promise<number | undefined> {
    const userContext = noRequest()
    const recovery = recoveryIn(await readMetadata(userId, userContext))
    if (recovery === undefined) return undefined
    if (recovers && phaseOf(recovery) !== 'lapsed') {
      await notices.underWay(userId, userContext)
      return Date.now() + DAY_MS
    }
    const turn = await takeTurn(userId, userContext)
    // Another session is ending it.
    if (turn === undefined) return Date.now() + RETRY_MS
    const isLapsed = recoveryIn(turn.metadata)?.id === recovery.id
    await turn.end(isLapsed ? { [RECOVERY]: null } : {})
    if (isLapsed) audit(userContext, { type: 'recovery.lapsed', userId })
    return undefined
  }

  async function announce (act: OperatorAct, published: (act: OperatorAct) => Promise<void>): Promise<undefined> {
    const userContext = noRequest()
    const { userId, events, notice, channels = {}, sessionsEndedAt, sessionHandles } = act
    if (sessionsEndedAt !== undefined) announceRevocation({ userId, at: sessionsEndedAt, reason: 'operator' })
    if (sessionHandles !== undefined) announceRevocation({ sessionHandles, reason: 'operator' })
    for (const event of events) audit(userContext, event)
    // So that a message which cannot be sent does not have them published again.
    if (events.length > 0 && notice !== undefined) await published({ ...act, events: [], sessionsEndedAt: undefined, sessionHandles: undefined })
    if (notice !== undefined) await notices.byOperator(notice, userId, channels, userContext)
  }

  const put = async (key: string, value: Entry | null): Promise<void> => { await updateMetadata(AGENDA_USER, { [key]: value }, noRequest()) }

  return async function keepHouse (app: FastifyInstance): Promise<void> {
    const userContext = noRequest()
    // Most of the time nothing is due, and reading is all it costs.
    if (dueIn(await readMetadata(AGENDA_USER, userContext)).length === 0) return
    const turn = await takeTurn(AGENDA_USER, userContext)
    if (turn === undefined) return
    const due = dueIn(turn.metadata)
    const isOver = ({ until = Infinity }: Entry): boolean => until < Date.now()
    await turn.end(Object.fromEntries(due.map(([key, entry]) => [key, isOver(entry) ? null : { ...entry, due: Date.now() + RETRY_MS }])))
    for (const [key, entry] of due.filter(([, entry]) => !isOver(entry))) {
      try {
        const next = 'recovery' in entry
          ? await remind(entry.recovery)
          : await announce(entry.act, (act) => put(key, { ...entry, act, due: Date.now() + RETRY_MS }))
        await put(key, next === undefined ? null : { ...entry, due: next })
      } catch (err) {
        app.log.error({ err }, 'an owner could not be told of a recovery, or of what an operator did. It is tried again in an hour')
      }
    }
  }
}

export type KeepHouse = ReturnType<typeof createHousekeeping>
