import { alert, field, form } from '../../forms.js'
import type { Problem } from '../../problem.js'
import type { Template } from '../../view.js'
import type { Enrolment } from './data.js'
import { backLink, pageOf, paragraph, removalOf, titleOf } from './parts.js'

export interface SecurityRemoveData {
  enrolment: Enrolment
  problem: Problem | undefined
}

/** Asks before something goes for good. */
export const securityRemove: Template<SecurityRemoveData> = ({ enrolment, problem }, view) => {
  const { say } = view
  return {
    title: removalOf(enrolment, view),
    main: [
      alert(problem),
      paragraph(say('It will no longer let you in, and you will be signed out everywhere else.')),
      form({ action: pageOf(enrolment, 'remove', view), button: say('Remove'), label: removalOf(enrolment, view), style: 'danger' }),
      backLink(view)
    ].join('\n')
  }
}

export interface SecurityRenameData extends SecurityRemoveData {
  /** What the person typed before. */
  typed: string | undefined
}

/** Another name. */
export const securityRename: Template<SecurityRenameData> = ({ enrolment, typed, problem }, view) => {
  const { say } = view
  return {
    title: say('Rename: {name}', { name: titleOf(enrolment, view) }),
    main: [
      alert(problem),
      form({
        action: pageOf(enrolment, 'rename', view),
        fields: [field({ name: 'name', label: say('New name'), value: typed ?? enrolment.name, autocomplete: 'off', error: problem?.fields.name, maxlength: 64, autofocus: true })],
        button: say('Save')
      }),
      backLink(view)
    ].join('\n')
  }
}
