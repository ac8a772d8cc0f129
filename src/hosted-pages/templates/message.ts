import { html } from 'ghtml'
import { links } from '../forms.js'
import type { Template } from '../view.js'

export interface MessageData {
  title: string
  text: string
  /** What the person can do next. */
  next: { href: string, text: string } | undefined
}

/** A page that only says something: a refusal, or that something is done. */
export const message: Template<MessageData> = ({ title, text, next }) => ({
  title,
  main: html`<p>${text}</p>
!${links(next)}`
})
