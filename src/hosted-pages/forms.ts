import { html } from 'ghtml'
import type { Problem } from './problem.js'

/** What `<input>` has beside its name and label. */
export interface Field {
  name: string
  label: string
  type?: 'text' | 'email' | 'tel' | 'password' | 'datetime-local'
  value?: string | undefined
  /** https://html.spec.whatwg.org/#autofill: password managers and one-time codes go by it. */
  autocomplete: string
  inputmode?: 'numeric' | 'tel' | 'email'
  /** What is to be typed, below the field. */
  hint?: string
  error?: string | undefined
  maxlength?: number
  autofocus?: boolean
  required?: boolean
}

/** An input with its label, hint and error, tied together for screen readers. */
export function field ({ name, label, type = 'text', value, autocomplete, inputmode, hint, error, maxlength = 256, autofocus = false, required = true }: Field): string {
  const [hintId, errorId] = [`${name}-hint`, `${name}-error`]
  const describedBy = [hint !== undefined && hintId, error !== undefined && errorId].filter((id) => id !== false).join(' ')
  const plain = type === 'text' || type === 'email' || type === 'tel' ? 'autocapitalize="none" spellcheck="false"' : ''
  return html`<div class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" maxlength="${maxlength}" !${plain}
!${[
  value !== undefined && html` value="${value}"`,
  inputmode !== undefined && html` inputmode="${inputmode}"`,
  describedBy !== '' && html` aria-describedby="${describedBy}"`,
  error !== undefined && ' aria-invalid="true"',
  required && ' required',
  autofocus && ' autofocus'
].filter((attribute) => attribute !== false)}>
!${hint === undefined ? '' : html`<p id="${hintId}" class="hint">${hint}</p>`}
!${error === undefined ? '' : html`<p id="${errorId}" class="error">${error}</p>`}
</div>`
}

/** A choice among a few, each with its value. Nothing that it is not, so it has no error. */
export function select ({ name, label, value, options }: { name: string, label: string, value: string | undefined, options: readonly (readonly [value: string, text: string])[] }): string {
  return html`<div class="field">
<label for="${name}">${label}</label>
<select id="${name}" name="${name}" autocomplete="off">!${options.map(([one, text]) => html`<option value="${one}"!${one === value ? ' selected' : ''}>${text}</option>`)}</select>
</div>`
}

/** A form to a page of ours. `fields` is HTML. `label` says what the button is about, where several say the same. */
export function form ({ action, fields = [], button, label, style = 'primary', hidden = {} }: {
  action: string
  fields?: readonly string[]
  button: string
  label?: string
  style?: 'primary' | 'secondary' | 'danger' | 'link'
  hidden?: Record<string, string>
}): string {
  return html`<form method="post" action="${action}">
!${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
!${fields}
<button class="${style}"!${label === undefined ? '' : html` aria-label="${label}"`}>${button}</button>
</form>`
}

/** What did not work; screen readers say it first. */
export function alert (problem: Problem | undefined): string {
  return problem === undefined ? '' : html`<p role="alert" class="alert">${problem.message}</p>`
}

/** What has worked. */
export function notice (text: string | undefined): string {
  return text === undefined ? '' : html`<p role="status" class="notice">${text}</p>`
}

/** Links one below the other; what is undefined is left out. */
export function links (...all: readonly ({ href: string, text: string } | undefined)[]): string {
  const shown = all.filter((one) => one !== undefined)
  return shown.length === 0 ? '' : html`<ul class="links">!${shown.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}</ul>`
}
