import module, { type RegisterHooksOptions } from 'node:module'

/**
 * Preloaded into all processes of a run without coverage. tap records the files that a process loads, with hooks in a
 * thread of their own, and reads all source maps for it. Only coverage needs that, and it takes longer than anything
 * else that a process does before its first test.
 */
const { register, registerHooks } = module

Object.assign(module, {
  register (specifier: string | URL, ...more: unknown[]) {
    if (!String(specifier).includes('@tapjs/processinfo')) (register as (...args: unknown[]) => void)(specifier, ...more)
  },
  // Node 24.13 and newer.
  ...(registerHooks && {
    registerHooks: (hooks: RegisterHooksOptions) => hooks.load?.name === 'loadSync' ? undefined : registerHooks(hooks)
  })
})
