import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { OptionsInvalid } from '../src/errors.js'
import { loadAssets, type Asset } from '../src/hosted-pages/assets.js'
import { createPages, type Pages } from '../src/hosted-pages/pages.js'
import type { ResolvedHostedPages } from '../src/hosted-pages/options.js'
import { placesOf, type Places } from '../src/hosted-pages/places.js'
import { createRedirects } from '../src/hosted-pages/redirect.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { isBelow } from '../src/options/auth-path.js'
import { resolveOptions } from '../src/options/resolve.js'
import { share } from '../src/two-factor.js'
import { FIRST_FACTOR, HOSTED_PAGES, SECOND_FACTOR } from './names.js'

export type HostedPagesPluginOptions = Pick<Fastify2faOptions, 'appInfo' | 'hostedPages' | 'forwardAuth' | 'cookieDomain' | 'tokenTransferMethod'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    /** The hosted pages; undefined where `hostedPages` is off. */
    readonly pages: Pages & { readonly assets: ReadonlyMap<string, Asset> } | undefined
  }
}

/** Origins of others to which people go on. The first website is the pages themselves. */
function destinationsOf ([, ...websites]: readonly string[], { redirects, afterSignIn = '' }: ResolvedHostedPages): string[] {
  const own = URL.canParse(afterSignIn) ? [new URL(afterSignIn).origin] : []
  return [...new Set([...websites, ...redirects, ...own])]
}

/** Pages of the way in lead on whoever is in: one of them as the end would go round in circles. */
function requireEnd ({ origin, base }: Places, { afterSignIn }: ResolvedHostedPages): void {
  if (afterSignIn === undefined || base === '') return
  const url = new URL(afterSignIn, origin)
  const isOnTheWay = url.origin === origin && isBelow(url.pathname, base) && !isBelow(url.pathname, `${base}/security`)
  if (isOnTheWay) throw new OptionsInvalid(`hostedPages.afterSignIn must not be below ${base}, where people sign in, except ${base}/security`)
}

/** Pages for apps that have no frontend of their own. `routes/pages` serves them. */
async function hostedPages (app: FastifyInstance, options: HostedPagesPluginOptions): Promise<void> {
  const { appInfo, hostedPages, forwardAuth } = resolveOptions(options)
  if (hostedPages === undefined) {
    share(app, 'pages', undefined)
    return
  }
  const places = placesOf(app.prefix, appInfo)
  // Whom a proxy has sent here goes back there.
  const redirects = [...hostedPages.redirects, ...forwardAuth?.origins ?? []]
  requireEnd(places, hostedPages)
  const assets = loadAssets(hostedPages)
  const pages = createPages({
    appName: appInfo.appName,
    places,
    apiPath: app.twoFactor.authPath.received,
    languages: app.twoFactor.languages,
    assets,
    targetOf: createRedirects({ origin: places.origin, websites: appInfo.websiteDomains, redirects }),
    destinations: destinationsOf(appInfo.websiteDomains, { ...hostedPages, redirects }),
    templates: hostedPages.templates,
    afterSignIn: hostedPages.afterSignIn
  })
  share(app, 'pages', { ...pages, assets })
}

export default fp(hostedPages, { name: HOSTED_PAGES, fastify: '5.x', dependencies: [FIRST_FACTOR, SECOND_FACTOR] })
