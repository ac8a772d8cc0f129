import { html } from 'ghtml'
import type { Speaker } from '../language/languages.js'
import type { PageText } from '../language/page-sentences.js'
import type { Placeholder } from '../language/templates.js'

/** What a template is written with. Everything that it puts into `html` is escaped, unless a `!` stands before it. */
export interface View {
  appName: string
  /** Language tag (BCP 47) of the texts. */
  language: string
  direction: 'ltr' | 'rtl'
  /** Writes one of our sentences in the person's language. */
  say<Text extends PageText> (text: Text, ...values: Placeholder<Text> extends never ? [] : [Record<Placeholder<Text>, string | number>]): string
  /**
   * Address of a page. It carries on where the person goes afterwards.
   * @param path below the pages, such as `/reset-password`
   */
  to (path: string, query?: Record<string, string | undefined>): string
  /** Address of a file of ours, such as `page.js`. */
  asset (name: string): string
}

/** A page's own part; what surrounds it is the layout's. */
export interface Content {
  title: string
  /** HTML. */
  main: string
  /** For more than a form. @default false */
  isWide?: boolean
  /** Scripts of ours that it needs, such as `passkey.js`. Pages work without them as far as they can. */
  scripts?: readonly string[]
}

export type Template<Data> = (data: Data, view: View) => Content

const RTL = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'iw', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi'])

const isRtl = (language: string): boolean => RTL.has(language.toLowerCase().split('-', 1)[0]!)

/**
 * Numbers and addresses keep their own order in a sentence that goes from right to left (https://unicode.org/reports/tr9,
 * first strong isolate): `+1 212` would be shown as `212 1+`.
 */
function isolated (values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `\u2068${value}\u2069`]))
}

interface ViewOptions {
  appName: string
  speaker: Speaker
  to: View['to']
  asset: View['asset']
}

export function createView ({ appName, speaker, to, asset }: ViewOptions): View {
  const direction = isRtl(speaker.language) ? 'rtl' : 'ltr'
  return {
    appName,
    language: speaker.language,
    direction,
    say: (text, ...[values = {}]) => speaker.say(text, (direction === 'rtl' ? isolated(values) : values) as never),
    to,
    asset
  }
}

/**
 * The whole page.
 *
 * @param trouble what is told first where something did not work: the title is what screen readers begin with
 */
export function layout ({ title, main, isWide = false, scripts = [] }: Content, view: View, logo: string | undefined, trouble: string | undefined): string {
  const { appName, language, direction, asset } = view
  const name = logo === undefined ? html`<span class="name">${appName}</span>` : html`<img src="${logo}" alt="${appName}">`
  return html`<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${trouble === undefined ? '' : `${trouble}: `}${title} · ${appName}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${asset('style.css')}">
!${['page.js', ...scripts].map((script) => html`<script type="module" src="${asset(script)}"></script>`)}
</head>
<body!${isWide ? ' class="wide"' : ''}>
<header>!${name}</header>
<main>
<h1>${title}</h1>
!${main}
</main>
</body>
</html>
`
}
