import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Speaker } from '../language/languages.js'
import type { AnswerText } from '../language/sentences.js'
import type { Contest } from './contests.js'

/** The page, below `apiBasePath`. */
export const CONTEST_PATH = '/account/contest'

const STYLE = 'body{font:1.1rem/1.5 system-ui,sans-serif;margin:0;background:#f4f4f4;color:#1b1b1b}main{max-width:34rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:.5rem}h1{font-size:1.3rem;margin-top:0}button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;background:#a11;color:#fff;cursor:pointer}'

/**
 * Nothing but its own style and one form to this service: a page of somebody else can neither frame the button nor be
 * reached from here, and no script runs. The address has the token, so no browser tells it to anybody or keeps the page.
 */
const HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // For browsers that do not know frame-ancestors.
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex',
  vary: 'accept-language'
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]!)

/** What a page shows. */
export interface Page {
  appName: string
  speaker: Speaker
  text: string
  /** A button that does what the link is for. */
  ask?: { contest: Contest, hasEarlier: boolean, action: string, token: string }
}

const inLanguage = ({ translate }: Speaker, text: string): string => translate(text)?.text ?? text

function formOf ({ speaker, ask }: Page): string {
  if (ask === undefined) return ''
  const { contest, hasEarlier, action, token } = ask
  const unlessOwner: AnswerText = 'If it was you, close this page. Nothing changes then.'
  const earlier: AnswerText = 'If there was an earlier change that was not yours either, use the link of that message instead: it undoes everything since.'
  const before = hasEarlier ? `<p>${escaped(inLanguage(speaker, earlier))}</p>` : ''
  return `${before}<form method="post" action="${escaped(action)}"><input type="hidden" name="token" value="${escaped(token)}">` +
    `<button>${escaped(inLanguage(speaker, contest.button))}</button></form><p>${escaped(inLanguage(speaker, unlessOwner))}</p>`
}

function render (page: Page): string {
  const { appName, speaker, text } = page
  return `<!doctype html><html lang="${escaped(speaker.language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
    `<title>${escaped(appName)}</title><style>${STYLE}</style></head>` +
    `<body><main dir="auto"><h1>${escaped(appName)}</h1><p>${escaped(inLanguage(speaker, text))}</p>${formOf(page)}</main></body></html>`
}

/** Sends a page in the person's language. It needs no script and no frontend. */
export function sendPage (reply: FastifyReply, status: number, page: Page): FastifyReply {
  // The host may have a serializer for its own answers.
  return reply.code(status).headers({ ...HEADERS, 'content-language': page.speaker.language }).type('text/html; charset=utf-8').serializer(String).send(render(page))
}
