import { credentialsOf, type TestSession, type TransferMethod } from '../test-session.js'
import type { Found } from './attack.js'
import { bodyOf, type Stage, type TriedTarget } from './stage.js'
import type { Way } from './way.js'

/** A target, and a session that has come in to it. */
export interface Entered {
  target: TriedTarget
  session: TestSession
}

/** A way that counts for a target; undefined if the suite can go none of them. */
export const wayFor = ({ ways }: Pick<Stage, 'ways'>, { factors }: Pick<TriedTarget, 'factors'>): Way | undefined =>
  ways.find(({ factor }) => factors?.includes(factor) ?? true)

/**
 * Comes in to each target as somebody who may, and keeps the sessions. What they get afterwards is then a matter of what has
 * happened to them, and guards know their tokens. A target that ends sessions gets one of its own.
 */
export async function enter (stage: Stage, found: Found, transferMethod: TransferMethod, targets: readonly TriedTarget[]): Promise<Entered[]> {
  const shared = new Map<Way, TestSession>()
  const entered: Entered[] = []
  for (const target of targets.filter(({ unproven }) => unproven === undefined)) {
    // One that has none is unproven.
    const way = wayFor(stage, target)!
    const session = (target.endsSessions === true ? undefined : shared.get(way)) ?? (await stage.privilegedUser(transferMethod, way)).session
    if (target.endsSessions !== true) shared.set(way, session)
    const probe = await stage.probe(target, credentialsOf(session, target.path))
    if (probe.verdict === 'admitted') entered.push({ target, session })
    else found.unproven(target.name, `a ${transferMethod} session with all that it asks for got ${probe.statusCode ?? 'no answer'}${bodyOf(probe)}`)
  }
  return entered
}
