import { alert, form } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template } from '../../view.js'
import { backLink, paragraph } from './parts.js'

export interface SecurityCodesData {
  /** How many of the present ones are left. */
  left: number
  problem: Problem | undefined
}

/** New recovery codes. They are shown next (`../recovery-codes.ts`). */
export const securityCodes: Template<SecurityCodesData> = ({ left, problem }, view) => {
  const { say, to } = view
  return {
    title: say('Recovery codes'),
    main: [
      alert(problem),
      paragraph(say('With one of them you get in if you have lost your second step. Each works once. Do not keep them together with your password.')),
      paragraph(left === 0 ? say('You have none left.') : say('New codes replace the old ones ({count} left), and you will be signed out everywhere else.', { count: left })),
      form({ action: to('/security/recovery-codes'), button: say('Make new recovery codes') }),
      backLink(view)
    ].join('\n')
  }
}
