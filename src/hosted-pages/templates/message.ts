import { html } from 'ghtml'
import { links } from '../forms.js'
import type { Template } from '../view.js'

export interface MessageLink { href: string, text: string }

export interface MessageData {
  title: string
  text: string
  /** What the person can do next. */
  next: MessageLink | undefined
  /** What else. */
  others?: readonly MessageLink[]
}

/** A page that only says something: a refusal, or that something is done. */
export const message: Template<MessageData> = ({ title, text, next, others = [] }) => ({
  title,
  main: html`<p>${text}</p>
!${links(next, ...others)}`
})
