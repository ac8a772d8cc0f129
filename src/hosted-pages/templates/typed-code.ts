import { html } from 'ghtml'
import { field, form } from '../forms.js'
import type { Template } from '../view.js'
import { nameOf, type FactorChoice } from './factor-choice.js'
import { secondStepPage, type SecondStep } from './second-step.js'

export interface TypedCodeData extends SecondStep {
  /** An authenticator app, or recovery codes. */
  factor: FactorChoice
}

/** A code that the person has already: in an app, or on paper. */
export const typedCode: Template<TypedCodeData> = (data, view) => {
  const { factor, problem } = data
  const { say, to } = view
  const code = factor.id === 'totp'
    ? field({ name: 'code', label: say('Code from the app'), inputmode: 'numeric', autocomplete: 'one-time-code', error: problem?.fields.code, maxlength: 32, autofocus: true })
    : field({ name: 'code', label: say('Recovery code'), autocomplete: 'off', error: problem?.fields.code, maxlength: 64, autofocus: true, hint: say('One of the codes that you saved. Each works once.') })
  return secondStepPage(data, view, [
    html`<p>${nameOf(factor, view)}</p>`,
    form({ action: to(`/second-factor/${factor.id}`), fields: [code], button: say('Continue') })
  ])
}
