import { html } from 'ghtml'
import { alert, form, links, notice } from '../forms.js'
import type { Problem } from '../problem.js'
import type { Content, View } from '../view.js'
import { nameOf, type FactorChoice } from './factor-choice.js'

/** What all pages of second factors have in common. */
export interface SecondStep {
  problem: Problem | undefined
  /** What has just happened, such as a code that was sent again. */
  said: string | undefined
  /** Other factors that would do. */
  others: readonly FactorChoice[]
  /** Whether the account can be recovered by whoever has lost all of them. */
  canRecover: boolean
}

/**
 * The frame of a page of a second factor: what happened above it, other ways below.
 *
 * @param body HTML
 */
export function secondStepPage ({ problem, said, others, canRecover }: SecondStep, view: View, body: readonly string[], more: Partial<Content> = {}): Content {
  const { say, to } = view
  const ways = others.map((other) => ({ href: to(`/second-factor/${other.id}`), text: nameOf(other, view) }))
  return {
    title: say('Second step'),
    main: html`!${notice(said)}
!${alert(problem)}
!${body}
!${ways.length > 0 ? html`<h2>${say('Another way')}</h2>!${links(...ways)}` : ''}
!${canRecover ? links({ href: to('/recover'), text: say('I have lost my second step') }) : ''}
!${form({ action: to('/sign-out'), button: say('Sign out'), style: 'link' })}`,
    ...more
  }
}
