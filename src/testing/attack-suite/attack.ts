import { keepingTime } from '../clock.js'
import { bodyOf, type Probe, type Stage, type TriedTarget } from './stage.js'
import type { AttackResult, Finding } from './types.js'

/** Where an attack says what it has found. */
export interface Found {
  /** Somebody came in, or did what they may not. */
  open (target: string, detail: string): void
  /** Nothing is known. */
  unproven (target: string, detail: string): void
  /** The app has nothing that it could be tried on, which only shows on the way. */
  lacks (reason: string): void
}

export interface Attack {
  id: string
  /** What somebody tries, in a sentence. */
  threat: string
  /** Why the app has nothing that it could be tried on; undefined if it has. */
  lacks? (stage: Stage): string | undefined
  run (stage: Stage, found: Found): Promise<void>
}

/** Whom an attack is made by: somebody without a session, with the first factor alone, or with one that was good for more. */
export type As = 'stranger' | 'first-factor' | 'finished'

/** Targets of which it is news that such a client comes in: where that is known, the attacks that are about just that report it. */
export const newsFor = (targets: readonly TriedTarget[], as: As): TriedTarget[] =>
  targets.filter(({ openTo }) => openTo !== 'strangers' && !(openTo === 'first-factor' && as !== 'stranger'))

/** Notes what became of a request to a target. Of a target that nobody could reach, only that somebody has now. */
export function judge (found: Found, target: TriedTarget, probe: Probe, what: string): void {
  const { verdict, statusCode = 'nothing' } = probe
  if (verdict === 'admitted') found.open(target.name, `${what} came in: ${statusCode}${bodyOf(probe)}`)
  else if (verdict === 'unclear' && target.unproven === undefined) found.unproven(target.name, `${what} got ${statusCode}${bodyOf(probe)}, which does not come from a guard`)
}

/** One finding for each target, with how often else it was found. */
function distinct (findings: Finding[]): Finding[] {
  const byTarget = new Map<string, Finding & { details: Set<string> }>()
  for (const finding of findings) {
    const key = `${finding.outcome} ${finding.target}`
    const known = byTarget.get(key)
    if (known === undefined) byTarget.set(key, { ...finding, details: new Set([finding.detail]) })
    else known.details.add(finding.detail)
  }
  return [...byTarget.values()].map(({ details: { size }, detail, ...finding }) =>
    ({ ...finding, detail: size === 1 ? detail : `${detail} (and in ${size - 1} more way${size === 2 ? '' : 's'})` }))
}

/** Runs an attack. One that could not be performed is unproven. */
export async function perform (attack: Attack, stage: Stage): Promise<AttackResult> {
  const { id, threat } = attack
  let reason = attack.lacks?.(stage)
  if (reason !== undefined) return { id, threat, outcome: 'not applicable', reason, findings: [] }
  const findings: Finding[] = []
  const found: Found = {
    open: (target, detail) => { findings.push({ attack: id, outcome: 'open', target, detail }) },
    unproven: (target, detail) => { findings.push({ attack: id, outcome: 'unproven', target, detail }) },
    lacks: (why) => { reason = why }
  }
  try {
    await keepingTime(() => attack.run(stage, found))
  } catch (err) {
    found.unproven('the app', `the attack could not be performed: ${(err as Error).message}`)
  }
  if (reason !== undefined && findings.length === 0) return { id, threat, outcome: 'not applicable', reason, findings }
  const outcome = findings.some((one) => one.outcome === 'open') ? 'open' : findings.length > 0 ? 'unproven' : 'held'
  return { id, threat, outcome, findings: distinct(findings) }
}
