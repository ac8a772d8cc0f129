import type { Stage } from './stage.js'
import { targetsOf } from './routes.js'
import type { AttackReport, AttackResult, AttackSuiteOptions, Finding } from './types.js'

const lineOf = ({ outcome, target, detail }: Finding): string => `    ${outcome}  ${target}: ${detail}`

/** What one attack found, as the message of a test that fails. */
export function messageOf ({ id, threat, outcome, findings }: AttackResult): string {
  return [`${id} is ${outcome}. ${threat}`, ...findings.map(lineOf)].join('\n')
}

function textOf ({ attacks, open, unproven, routes }: Omit<AttackReport, 'text'>): string {
  const held = attacks.filter(({ outcome }) => outcome === 'held').length
  const tried = attacks.filter(({ outcome }) => outcome !== 'not applicable').length
  const skipped = routes.filter(({ access }) => access === 'skipped')
  return [
    `${held} of ${tried} attacks held. ${open.length} open, ${unproven.length} unproven.`,
    ...attacks.filter(({ findings }) => findings.length > 0).map(messageOf),
    ...attacks.filter(({ outcome }) => outcome === 'not applicable').map(({ id, reason }) => `${id} is not applicable: ${reason}.`),
    ...skipped.map(({ name, reason }) => `${name} is not attacked: ${reason}.`),
    `Open to anyone: ${routes.filter(({ access }) => access === 'public').map(({ name }) => name).join(', ') || 'none'}.`
  ].join('\n')
}

/** Puts the results of all attacks together. */
export function reportOf ({ app }: Stage, options: AttackSuiteOptions, attacks: AttackResult[]): AttackReport {
  const findings = attacks.flatMap((attack) => attack.findings)
  const open = findings.filter(({ outcome }) => outcome === 'open')
  const unproven = findings.filter(({ outcome }) => outcome === 'unproven')
  const routes = targetsOf(app, options.routes ?? {}).map(({ name, access, skip }) => skip === undefined ? { name, access } : { name, access: 'skipped' as const, reason: skip })
  const report = { attacks, open, unproven, routes, passed: open.length + unproven.length === 0 }
  return { ...report, text: textOf(report) }
}
