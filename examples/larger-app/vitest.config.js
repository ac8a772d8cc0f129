import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // A busy machine is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['dist/test/vitest/*.test.js'],
    // Autoload imports plugins and routes by Node itself. What is transformed would be there twice.
    server: { deps: { external: [/\/dist\/(?!test\/vitest\/)/] } }
  }
})
