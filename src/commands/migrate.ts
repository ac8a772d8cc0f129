import { loadConfig } from '../config/load.js'
import { didYouMean } from '../config/near.js'
import type { Operations } from '../account/operator.js'
import { check, fromGuides } from '../migrate/adopt/guides.js'
import { fromMfa, toMfa } from '../migrate/adopt/mfa.js'
import { CHANGES, PROBLEMS, type Change, type Finding, type Report } from '../migrate/adopt/report.js'
import { claimFor } from '../second-factor/claims.js'
import { type Command, failure } from './command.js'
import { environment } from './environment.js'
import { withCore } from './user-core.js'
import { operationsFor, systemUser } from './user-operations.js'
import { json } from './user-output.js'

/** Some accounts need a decision. The command itself has done all that it can. */
const SOME_TO_DECIDE = 3

interface Given {
  operations: Operations
  tenantId: string
  dryRun: boolean
  asksAgain: boolean
  by: string
}

const KINDS: Record<string, (given: Given) => Promise<Report>> = {
  check: ({ operations: { core, byPhone }, tenantId }) => check({ core, byPhone, tenantId }),
  'from-guides': ({ operations: { core, byPhone }, tenantId, dryRun, asksAgain }) =>
    fromGuides({ core, byPhone, tenantId, dryRun, asksAgain, claimKey: claimFor(byPhone ? 'phone-password' : 'email-password').key }),
  'from-mfa': ({ operations, tenantId, dryRun, by }) => fromMfa({ operations, tenantId, dryRun, because: { by, reason: 'moved from SuperTokens\' MFA recipe' } }),
  'to-mfa': ({ operations: { core }, tenantId, dryRun }) => toMfa({ core, tenantId, dryRun })
}

const NAMES = Object.keys(KINDS)

const lineOf = ({ userId, problem, phone, others, detail }: Finding): string =>
  `  ${[userId, problem, phone, others && `with ${others.join(', ')}`, detail].filter((part) => part !== undefined).join('  ')}`

/** For people: the counts, each account that needs a decision, and what each kind of them means. */
function linesOf ({ dryRun, accounts, enrolled, notEnrolled, unusedPhones, changes, findings }: Report): string[] {
  const met = new Set(findings.map(({ problem }) => problem))
  const legend = (Object.keys(PROBLEMS) as Array<keyof typeof PROBLEMS>).filter((problem) => met.has(problem))
  return [
    `${accounts} accounts: ${enrolled} with a second factor, ${notEnrolled} without; ${unusedPhones} phones of no account`,
    ...Object.entries(changes).map(([change, count]) => `${dryRun ? 'would change' : 'changed'}: ${count} ${CHANGES[change as Change]}`),
    ...(findings.length === 0 ? ['no account needs a decision'] : [`${findings.length} to decide:`, ...findings.map(lineOf), '', ...legend.map((problem) => `${problem}: ${PROBLEMS[problem]}`)])
  ]
}

export const migrate: Command = {
  usage: 'migrate <kind> [flags]',
  about: 'Takes over accounts of an app that used the same Core, or looks at them.',
  flags: {
    'dry-run': { type: 'boolean' },
    json: { type: 'boolean' },
    tenant: { type: 'string' },
    'ask-again': { type: 'boolean' },
    by: { type: 'string' }
  },
  details: () => `  migrate check        lists accounts that need a decision; changes nothing
  migrate from-guides  from an app of SuperTokens' legacy 2FA guides
  migrate from-mfa     from SuperTokens' own MFA recipe
  migrate to-mfa       to SuperTokens' own MFA recipe; the Core needs a licence for it

  --dry-run    says what would be changed, and changes nothing
  --json       prints the result as JSON
  --tenant ID  whose accounts (default: public)
  --ask-again  with from-guides: sessions of that app have to pass the second factor once more
  --by NAME    with from-mfa: who does it, for the audit (default: the user of this machine)

Uses the settings of the service. Can be repeated: what has been done is not done again. Numbers are masked.
Exit codes: 0 done, 1 ended early, 2 wrong usage, 3 done, and some accounts need a decision.
`,
  async run (flags, [name = '', ...others], io) {
    if (!Object.hasOwn(KINDS, name)) throw failure(`Unknown kind "${name}". Use migrate ${NAMES.join(', ')}.${didYouMean(name, NAMES)}`, 2)
    if (others.length > 0) throw failure(`Unexpected "${others[0]}".`, 2)
    const asksAgain = flags['ask-again'] === true
    if (asksAgain && name !== 'from-guides') throw failure('--ask-again is for from-guides.', 2)
    const { options } = loadConfig(environment(io))
    return await withCore(options.core, async (core) => {
      const operations = operationsFor(core, options, io)
      if (name.endsWith('-mfa') && operations.byPhone) throw failure(`migrate ${name} is for accounts with an e-mail address (FIRST_FACTOR=email-password).`, 2)
      const given = { operations, tenantId: String(flags.tenant ?? 'public'), dryRun: flags['dry-run'] === true, asksAgain, by: String(flags.by ?? (name === 'from-mfa' ? systemUser() : '')) }
      const report = await KINDS[name]!(given)
      io.out(flags.json === true ? `${json(report)}\n` : `${linesOf(report).join('\n')}\n`)
      return report.findings.length === 0 ? 0 : SOME_TO_DECIDE
    })
  }
}
