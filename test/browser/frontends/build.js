// Bundles the frontends into dist/test/browser/frontends, one script each. scripts/test.js does it before the tests.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const FRONTENDS = { 'prebuilt-email': 'prebuilt-email/main.jsx', 'prebuilt-phone': 'prebuilt-phone/main.jsx', 'prebuilt-mfa': 'prebuilt-mfa/main.jsx', custom: 'custom/main.js' }

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

export async function buildFrontends () {
  await build({
    entryPoints: Object.fromEntries(Object.entries(FRONTENDS).map(([name, file]) => [name, path(file)])),
    outdir: path('../../../dist/test/browser/frontends'),
    bundle: true,
    minify: true,
    sourcemap: 'linked',
    format: 'iife',
    target: 'chrome120',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning'
  })
}
