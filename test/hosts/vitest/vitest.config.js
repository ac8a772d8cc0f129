import { defineConfig } from 'vitest/config'

// The build is loaded as an installed package is.
export default defineConfig({ test: { server: { deps: { external: [/\/dist\/src\//] } } } })
