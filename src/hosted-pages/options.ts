import { existsSync } from 'node:fs'
import { isRedirectOrigin } from './redirect.js'
import { TEMPLATES, type Templates } from './templates/index.js'

/** How the hosted pages look, and where they lead. */
export interface HostedPagesOptions {
  /** An SVG, PNG or WebP file, at most 64 kB. @default none: the app's name is shown */
  logo?: string
  /** CSS variables for all pages, such as `{ '--accent': '#0a5' }`. Their names are in `docs/hosted-pages.md`. @default {} */
  variables?: Readonly<Record<`--${string}`, string>>
  /**
   * Origins beside the websites to which a `redirect` parameter may lead. `https://*.example.com` stands for all hosts
   * below it.
   * @default []
   */
  redirects?: readonly string[]
  /** Where people go who have signed in and named no other place: a path, or an address on an origin above. @default the page "my security" */
  afterSignIn?: string
  /** Pages that you write yourself, by their names. @default ours */
  templates?: Templates
}

/** All of them with their defaults. */
export interface ResolvedHostedPages extends Required<Omit<HostedPagesOptions, 'logo' | 'afterSignIn'>> {
  logo: string | undefined
  afterSignIn: string | undefined
}

const PICTURES = /\.(?:svg|png|webp)$/
/** `;`, braces and angle brackets would end the declaration or the sheet. `url(` would load something from elsewhere. */
const VALUE = /^(?!.*url\()[^;{}<>\\@]{1,200}$/i

/** @returns `undefined` where the pages are off */
export function resolveHostedPages (options: HostedPagesOptions | boolean | undefined): ResolvedHostedPages | undefined {
  if (options === undefined || options === false) return undefined
  const { logo, afterSignIn, variables = {}, redirects = [], templates = {} } = options === true ? {} : options
  return { logo, afterSignIn, variables, redirects, templates }
}

const KNOWN = ['logo', 'variables', 'redirects', 'afterSignIn', 'templates']

function variableProblem ([name, value]: [string, unknown]): string | false {
  const isPlain = /^--[a-z][a-z0-9-]*$/.test(name) && typeof value === 'string' && VALUE.test(value)
  return !isPlain && `hostedPages.variables.${name} must be a CSS variable with a plain value`
}

function templateProblem ([name, template]: [string, unknown]): string | false {
  if (!Object.hasOwn(TEMPLATES, name)) return `hostedPages.templates: there is no page ${name}`
  return typeof template !== 'function' && `hostedPages.templates.${name} must be a function`
}

/** What is wrong with `hostedPages` itself. */
export function hostedPagesProblems (options: HostedPagesOptions | boolean | undefined): string[] {
  if (options === undefined || typeof options === 'boolean') return []
  if (typeof options !== 'object' || options === null) return ['hostedPages must be true, or an object']
  const { logo, variables = {}, redirects = [], afterSignIn, templates = {} } = options
  return [
    ...Object.keys(options).map((name) => !KNOWN.includes(name) && `hostedPages.${name} is unknown`),
    logo !== undefined && !(PICTURES.test(logo) && existsSync(logo)) && 'hostedPages.logo must be an svg, png or webp file that exists',
    ...Object.entries(variables).map(variableProblem),
    !Array.isArray(redirects) && 'hostedPages.redirects must be a list of origins',
    ...[redirects].flat().map((origin) => !isRedirectOrigin(String(origin)) && `hostedPages.redirects: ${String(origin)} must be an origin such as https://app.example.com or https://*.example.com`),
    afterSignIn !== undefined && !/^(?:\/(?![/\\])|https?:\/\/)/.test(afterSignIn) && 'hostedPages.afterSignIn must be a path such as /app, or an http(s) address',
    ...Object.entries(templates).map(templateProblem)
  ].filter((problem) => problem !== false)
}
