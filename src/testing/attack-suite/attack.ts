import { keepingTime } from '../clock.js'
import { bodyOf, type Probe, type Stage, type TriedTarget } from './stage.js'
import type { AttackResult, Finding } from './types.js'

/** Where an attack says what it has found. */
export interface Found {
  /** Somebody came in, or did what they may not. */
  open (target: string, detail: string): void
  /** Nothing is known. */
  unproven (target: string, detail: string): void
}

export interface Attack {
  id: string
  /** What somebody tries, in a sentence. */
  threat: string
  /** Why the app has nothing that it could be tried on; undefined if it has. */
  lacks? (stage: Stage): string | undefined
  run (stage: Stage, found: Found): Promise<void>
}

/** Notes what became of a request to a target. Of a target that nobody could reach, only that somebody has now. */
export function judge (found: Found, target: TriedTarget, probe: Probe, what: string): void {
  const { verdict, statusCode = 'nothing' } = probe
  if (verdict === 'admitted') found.open(target.name, `${what} came in: ${statusCode}${bodyOf(probe)}`)
  else if (verdict === 'unclear' && target.unproven === undefined) found.unproven(target.name, `${what} got ${statusCode}${bodyOf(probe)}, which does not come from a guard`)
}

/** Findings that differ only in the client that made them are one. */
function distinct (findings: Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ target, detail }) => {
    const key = `${target} ${detail}`
    return !seen.has(key) && seen.add(key) !== undefined
  })
}

/** Runs an attack. One that could not be performed is unproven. */
export async function perform (attack: Attack, stage: Stage): Promise<AttackResult> {
  const { id, threat } = attack
  const reason = attack.lacks?.(stage)
  if (reason !== undefined) return { id, threat, outcome: 'not applicable', reason, findings: [] }
  const findings: Finding[] = []
  const found: Found = {
    open: (target, detail) => { findings.push({ attack: id, outcome: 'open', target, detail }) },
    unproven: (target, detail) => { findings.push({ attack: id, outcome: 'unproven', target, detail }) }
  }
  try {
    await keepingTime(() => attack.run(stage, found))
  } catch (err) {
    found.unproven('the app', `the attack could not be performed: ${(err as Error).message}`)
  }
  const outcome = findings.some((one) => one.outcome === 'open') ? 'open' : findings.length > 0 ? 'unproven' : 'held'
  return { id, threat, outcome, findings: distinct(findings) }
}
