import { links } from '../../forms.js'
import type { View } from '../../view.js'
import { nameOf as factorName } from '../factor-choice.js'
import type { AdminFactor, AdminSession } from './data.js'

/** What a factor is called, with where its codes go or what the person calls it. */
export function factorTitle ({ factor, name }: Pick<AdminFactor, 'factor' | 'name'>, view: View): string {
  const { say } = view
  if (name !== undefined && factor === 'totp') return say('The app {name}', { name })
  if (name !== undefined && factor === 'passkey') return say('The passkey {name}', { name })
  return factor === 'recovery-code' ? say('Recovery codes') : factorName({ id: factor, contact: name }, view)
}

export function sessionTitle ({ browser, system }: Pick<AdminSession, 'browser' | 'system'>, { say }: View): string {
  if (browser === undefined) return system ?? say('An unknown browser')
  return system === undefined ? browser : say('{browser} on {system}', { browser, system })
}

export const personPage = ({ to }: View, id: string): string => to('/admin/person', { id })

/** Ends every page below the search. */
export const backToSearch = ({ say, to }: View): string => links({ href: to('/admin'), text: say('Back to administration') })
