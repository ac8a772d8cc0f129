import { flag, matching, text } from './kinds.js'
import { colour, hostedRedirects } from './kinds-web.js'
import type { Setting } from './setting.js'

/** Pages for services that have no frontend of their own. */
export const pageSettings = {
  HOSTED_PAGES: {
    group: 'Hosted pages',
    kind: flag(),
    default: 'false',
    description: 'Whether the service has pages of its own, at `WEBSITE_BASE_PATH` of `API_DOMAIN`: to sign in, and to look after one\'s account.'
  },
  HOSTED_PAGES_LOGO: { group: 'Hosted pages', kind: matching(/\.(?:svg|png|webp)$/, 'the path of an svg, png or webp file'), example: '/data/logo.svg', description: 'Picture at the top of each page, at most 64 kB. Without one, it is `APP_NAME`.' },
  HOSTED_PAGES_ACCENT: { group: 'Hosted pages', kind: colour(), example: '1d4ed8', description: 'Colour of buttons and links on light backgrounds. Text on it is white.' },
  HOSTED_PAGES_REDIRECTS: {
    group: 'Hosted pages',
    kind: hostedRedirects(),
    example: 'https://app.example.com,https://*.apps.example.com',
    description: 'Origins beside `WEBSITE_DOMAIN` to which a link to the pages may lead on after signing in.'
  },
  HOSTED_PAGES_AFTER_SIGN_IN: { group: 'Hosted pages', kind: text('a path or an address'), example: '/', description: 'Where people go who have signed in and named no other place. Without it, to the page "My account".' }
} satisfies Record<string, Setting>
