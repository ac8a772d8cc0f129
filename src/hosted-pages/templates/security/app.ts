import { alert, form } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template } from '../../view.js'
import { backLink, nameField, paragraph } from './parts.js'

export interface SecurityAppData {
  /** What the person typed before. */
  typed: string | undefined
  problem: Problem | undefined
}

/** Another authenticator app. What it is set up with comes next (`app-set-up.ts`). */
export const securityApp: Template<SecurityAppData> = ({ typed, problem }, view) => {
  const { say, to } = view
  return {
    title: say('Add an authenticator app'),
    main: [
      alert(problem),
      paragraph(say('An authenticator app on your phone or computer shows a new code every 30 seconds. Install one, if you have none.')),
      form({ action: to('/security/apps/add'), fields: [nameField(say('Name of the app'), typed, problem, view)], button: say('Continue') }),
      backLink(view)
    ].join('\n')
  }
}
