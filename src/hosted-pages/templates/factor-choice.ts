import { html } from 'ghtml'
import { form, links } from '../forms.js'
import type { View, Template } from '../view.js'

/** A second factor's page. */
export interface FactorChoice {
  /** The factor's id, such as `sms`. */
  id: string
  /** Where its codes go, as it may be shown. */
  contact: string | undefined
}

export interface FactorChoiceData {
  /** Whether they are set up, or are to be. */
  isSetUp: boolean
  factors: readonly FactorChoice[]
  /** Whether the account can be recovered by whoever has lost all of them. */
  canRecover: boolean
}

/** What a factor is called. */
export function nameOf ({ id, contact = '' }: FactorChoice, { say }: View): string {
  switch (id) {
    case 'sms': return contact === '' ? say('A code by text message') : say('A code by text message to {contact}', { contact })
    case 'email': return contact === '' ? say('A code by e-mail') : say('A code by e-mail to {contact}', { contact })
    case 'totp': return say('An authenticator app')
    case 'passkey': return say('A passkey')
    case 'recovery-codes': return say('A recovery code')
    default: return id
  }
}

/** Several second factors: which one? */
export const factorChoice: Template<FactorChoiceData> = ({ isSetUp, factors, canRecover }, view) => {
  const { say, to } = view
  return {
    title: say('Second step'),
    main: html`<p>${isSetUp ? say('How do you want to confirm that it is you?') : say('Protect your account with a second step. Which one do you want to use?')}</p>
!${links(...factors.map((factor) => ({ href: to(`/second-factor/${factor.id}`), text: nameOf(factor, view) })))}
!${canRecover ? links({ href: to('/recover'), text: say('I have lost my second step') }) : ''}
!${form({ action: to('/sign-out'), button: say('Sign out'), style: 'link' })}`
  }
}
